/** `carpet devd` in a host of the laboratory, with rules, sockets and output in a folder of its own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Namespace } from './namespace.js';
import type { Program } from './program.js';
import { waitFor } from './wait.js';

const MAIN = fileURLToPath(new URL('../../../modules/cli/main.js', import.meta.url));
/** Sends records at SIGUSR1; see there. */
export const BURST_MODULE = fileURLToPath(new URL('./burst-module.js', import.meta.url));

/** As somebody on FreeBSD would write it: connect, and print what each recv gives until the end of file. */
const CLIENT = `
import socket, sys, time
kind, path, slow = sys.argv[1:]
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET if kind == 'seqpacket' else socket.SOCK_STREAM)
client.connect(path)
print('connected', flush=True)
if slow == 'stuck':
    time.sleep(600)
while True:
    data = client.recv(8192)
    if not data:
        break
    sys.stdout.write(data.decode())
    sys.stdout.flush()
print('end', flush=True)
`;

export class Devd implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-devd-'));
  readonly config = join(this.folder, 'devd.conf');
  readonly seqpacket = join(this.folder, 'seqpacket');
  readonly stream = join(this.folder, 'stream');
  readonly program: Program;

  /** In rules, OUT stands for the file that `output` reads. */
  constructor(
    private readonly host: Namespace,
    rules: string,
    options: readonly string[] = [],
  ) {
    this.write(rules);
    const sockets = ['--seqpacket', this.seqpacket, '--stream', this.stream];
    this.program = host.node(MAIN, [
      'devd',
      '-d',
      '--log-format',
      'text',
      '-f',
      this.config,
      ...sockets,
      ...options,
    ]);
  }

  async ready(): Promise<this> {
    await this.program.waitForLine(/devd runs with/, 10_000);
    return this;
  }

  write(rules: string): void {
    writeFileSync(this.config, rules.replaceAll('OUT', join(this.folder, 'out')));
  }

  /** What actions wrote to OUT so far, line by line. */
  get output(): string[] {
    const file = join(this.folder, 'out');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }

  outputs(line: string | RegExp, deadlineMs = 5000): Promise<string> {
    const matches = (text: string): boolean => (typeof line === 'string' ? text === line : line.test(text));
    const state = (): string => `${this.output.join('\n')}\n--\n${this.program.text}`;
    return waitFor(`the action that writes ${line}`, deadlineMs, () => this.output.find(matches), state);
  }

  /** A client in Python; resolves when it is connected. One that is stuck never reads. */
  async client(
    kind: 'seqpacket' | 'stream' = 'seqpacket',
    mode: 'reads' | 'stuck' = 'reads',
  ): Promise<DevdClient> {
    const program = this.host.spawn(['python3', '-c', CLIENT, kind, this[kind], mode]);
    await program.waitForLine(/^connected$/, 5000);
    return new DevdClient(program);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class DevdClient {
  constructor(readonly program: Program) {}

  get records(): string[] {
    return this.program.lines.flatMap(({ stream, text }) =>
      stream === 'stdout' && /^[!+?-]/.test(text) ? [text] : [],
    );
  }

  hears(record: string, deadlineMs = 5000): Promise<string> {
    return waitFor(
      record,
      deadlineMs,
      () => this.records.find((text) => text === record),
      () => this.program.text,
    );
  }
}
