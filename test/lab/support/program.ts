/** A program that runs in a namespace: its lines with the time they came, its end, and its certain death. */
import { type ChildProcess, spawn } from 'node:child_process';
import { waitFor, wallTime } from './wait.js';

export interface OutputLine {
  /** Milliseconds since the epoch, taken when the line was read. */
  readonly time: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly time: number;
}

export interface ProgramOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Take every chunk of standard output raw instead of splitting it into lines. */
  readonly onBytes?: (bytes: Uint8Array) => void;
}

/** Made by `Namespace.spawn`. It leads a process group of its own, so that whatever it starts ends with it. */
export class Program implements AsyncDisposable {
  readonly lines: OutputLine[] = [];
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  private readonly child: ChildProcess;

  constructor(
    readonly name: string,
    command: readonly string[],
    options: ProgramOptions = {},
  ) {
    const [file, ...args] = command;
    this.child = spawn(file!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (options.onBytes) this.child.stdout!.on('data', options.onBytes);
    else this.collect('stdout');
    this.collect('stderr');
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        this.exit = { code, signal, time: wallTime() };
        resolve(this.exit);
      });
    });
    this.exited.catch(() => undefined); // whoever awaits it still sees the error
  }

  /** The program's own process id: `ip netns exec` becomes the program, it does not stay as its parent. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  /** All that was written so far, for a failure's message or a search over several lines. */
  get text(): string {
    return this.lines.map((line) => line.text).join('\n');
  }

  matching(pattern: RegExp): OutputLine[] {
    return this.lines.filter((line) => pattern.test(line.text));
  }

  /** The first line (from index `from` on) that matches, waited for until the deadline or the program's end. */
  waitForLine(pattern: RegExp, deadlineMs: number, from = 0): Promise<OutputLine> {
    const find = (): OutputLine | undefined => {
      const line = this.lines.slice(from).find(({ text }) => pattern.test(text));
      if (!line && this.exit) throw new Error(`${this.name} ended without ${pattern}:\n${this.text}`);
      return line;
    };
    return waitFor(`${pattern} from ${this.name}`, deadlineMs, find, () => this.text);
  }

  /** Sends a signal to the program alone. Nothing happens when it has ended already. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (this.running) this.child.kill(signal);
  }

  /** Sends a signal and waits for the end, for at most `deadlineMs`. */
  async end(signal: NodeJS.Signals = 'SIGTERM', deadlineMs = 5000): Promise<Exit> {
    this.kill(signal);
    return waitFor(
      `the end of ${this.name}`,
      deadlineMs,
      () => this.exit,
      () => this.text,
    );
  }

  /** SIGKILL to the whole group, at once; also safe inside an 'exit' handler. */
  destroy(): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // the group is gone, which is what was wanted
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    await this.exited.catch(() => undefined);
  }

  private collect(stream: 'stdout' | 'stderr'): void {
    let rest = '';
    const pipe = this.child[stream]!.setEncoding('utf8');
    pipe.on('data', (chunk: string) => {
      const time = wallTime();
      const parts = (rest + chunk).split('\n');
      rest = parts.pop()!;
      for (const text of parts) this.lines.push({ time, stream, text });
    });
    pipe.on('end', () => {
      if (rest !== '') this.lines.push({ time: wallTime(), stream, text: rest });
    });
  }
}
