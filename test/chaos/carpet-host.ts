import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Namespace, Owner, Program } from '../lab/support/index.js';
import { CARPET } from '../lab/support/pair.js';
import { ADDRESS, type Host } from './host.js';

/** Where a file system of its own is mounted, so that it can be full. */
const STATE_KIB = 128;
const START_MS = 30_000;
/** What a machine without time for it says of an upgrade. Any other refusal is a fault. */
const TOO_BUSY =
  /goes on, and this one does not start: .*(took too long|did not begin within|could not wait any longer)/;

/**
 * A host that `carpet up` runs on. What it must remember stands on a file system of 128 KiB, which only it sees, and at
 * every change of its state it runs a script that hangs.
 */
export class CarpetHost implements Host {
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-chaos-'));
  readonly #file = join(this.#folder, 'carpet.yaml');
  readonly #state = join(this.#folder, 'state');
  #program: Program | undefined;

  constructor(
    readonly name: string,
    readonly namespace: Namespace,
    readonly advskew: number,
    owner: Owner,
  ) {
    owner.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    mkdirSync(this.#state);
    writeFileSync(join(this.#folder, 'pass'), 'secret', { mode: 0o600 });
    writeFileSync(
      join(this.#folder, 'devd.conf'),
      'notify 0 { match "system" "CARP"; action "sleep 30"; };\n',
    );
    this.write(advskew);
  }

  get pid(): number | undefined {
    return this.#program?.running === true ? this.#program.pid : undefined;
  }

  write(advskew: number): void {
    const text = `log: {format: text}
modules:
  control: {socket: ${join(this.#folder, 'control.sock')}, readSocket: false}
  devd: {config: ${join(this.#folder, 'devd.conf')}, sockets: false}
  carp:
    vhids:
      - {ifname: eth0, vhid: 1, passwordFile: pass, addresses: [${ADDRESS}/24], advskew: ${advskew}, preempt: true}
`;
    writeFileSync(this.#file, text, { mode: 0o600 });
  }

  async start(): Promise<void> {
    this.#program = this.#spawn();
    await this.#program.waitForLine(/settings 1 in force/, START_MS);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    await this.#program?.end(signal, START_MS);
  }

  stop(): void {
    this.#program?.kill('SIGSTOP');
  }

  resume(): void {
    this.#program?.kill('SIGCONT');
  }

  /**
   * A new process takes over from the one that runs, or gives that up where the machine is too busy: the old one goes on.
   * @returns whether it took over
   */
  async upgrade(): Promise<boolean> {
    const next = this.#spawn('--replace');
    await next.waitForLine(new RegExp(`listening on|${TOO_BUSY.source}`), START_MS);
    if (next.matching(TOO_BUSY).length > 0) {
      await next.exited;
      return false;
    }
    await this.#program?.exited;
    this.#program = next;
    return true;
  }

  async reload(advskew: number): Promise<void> {
    const from = this.#program!.lines.length;
    this.write(advskew);
    this.#program!.kill('SIGHUP');
    await this.#program!.waitForLine(/settings \d+ in force \(apply\)/, START_MS, from);
  }

  /** Fills the file system of what it must remember. @returns what gives the space back */
  fill(): () => void {
    const file = `/proc/${this.#program!.pid}/root${this.#state}/ballast`;
    let size = STATE_KIB;
    // The last block is what counts: less and less, until nothing more goes in.
    for (; size > 0; size = size >> 1) {
      try {
        writeFileSync(file, Buffer.alloc(size * 1024), { flag: 'a' });
        size *= 2;
      } catch {
        // full
      }
    }
    return () => rmSync(file, { force: true });
  }

  /** What it has said, for a report. */
  get text(): string {
    return (this.#program?.lines ?? [])
      .slice(-40)
      .map(({ text }) => text)
      .join('\n');
  }

  #spawn(...options: string[]): Program {
    const mount = `mount -t tmpfs -o size=${STATE_KIB}k,mode=700 tmpfs ${this.#state} && exec "$@"`;
    const carpet = [process.execPath, CARPET, 'up', '-f', this.#file, '--state-dir', this.#state, ...options];
    return this.namespace.spawn(['sh', '-c', mount, 'sh', ...carpet]);
  }
}
