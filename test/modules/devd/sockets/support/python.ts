/** A client of devd as one would be written for FreeBSD: a Python program, nothing of ours. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { waitFor } from '../../../../lab/support/wait.js';

/** Debian's own, which every user can run; any other where it is missing. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

const PROGRAM = `
import json, socket, sys, time
kind, address, manner = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, getattr(socket, kind))
s.connect(address.replace('@', '\\0', 1) if address[0] == '@' else address)
print(json.dumps('connected'), flush=True)
if manner == 'send':
    try:
        while True: # until it is accepted, nobody has said that nothing is wanted
            s.send(b'hello')
            time.sleep(0.01)
    except BrokenPipeError: print(json.dumps('EPIPE'), flush=True)
if manner == 'stall': sys.stdin.readline()
while True:
    data = s.recv(8192)
    if not data: break
    print(json.dumps(data.decode('utf-8')), flush=True)
print(json.dumps('EOF'), flush=True)
`;

export class PythonClient implements Disposable {
  /** What it said: what it received, each recv by itself, between `connected` and `EOF`. */
  readonly said: string[] = [];
  private readonly child: ChildProcessWithoutNullStreams;
  private errors = '';

  constructor(
    kind: 'SOCK_SEQPACKET' | 'SOCK_STREAM',
    address: string,
    manner: 'read' | 'send' | 'stall' = 'read',
    user: { readonly uid?: number } = {},
  ) {
    this.child = spawn(PYTHON, ['-c', PROGRAM, kind, address, manner], { ...user, cwd: '/' });
    let rest = '';
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      this.said.push(...lines.map((line) => JSON.parse(line) as string));
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** What it received. */
  get received(): string[] {
    return this.said.filter((line) => line !== 'connected' && line !== 'EPIPE' && line !== 'EOF');
  }

  /** Waits until it has said so, for up to ten seconds. */
  async says(line: string): Promise<void> {
    await waitFor(
      `"${line}" from the client`,
      10_000,
      () => this.said.includes(line),
      () => `${this.said.slice(-5).join('\n')}\n${this.errors}`,
    );
  }

  /** Lets a stalled client read. */
  wake(): void {
    this.child.stdin.write('\n');
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
  }
}
