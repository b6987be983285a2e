/** `carpet carp` in a host of the laboratory, with its state changes read from standard output. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import type { Namespace } from './namespace.js';
import { nodeCommand } from './node-command.js';
import type { Program } from './program.js';
import { waitFor } from './wait.js';

const MAIN = fileURLToPath(new URL('../../../modules/cli/main.js', import.meta.url));

/** One line of `carpet carp --json`. */
export interface CarpLine {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly event: string;
  readonly vhid?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly [field: string]: unknown;
}

export class CarpetCarp {
  readonly program: Program;
  /** Where its status socket is: a folder of its own, unless one is named. */
  readonly statusDir: string;
  readonly #write: (vhids: readonly CarpVhidOptions[]) => void;

  /** Runs with these vhids, by means of `wrapper`; the settings file stands in a folder of its own. */
  constructor(
    host: Namespace,
    vhids: readonly CarpVhidOptions[],
    sysctl: Readonly<Record<string, string | number | boolean>> = {},
    statusDir?: string,
    wrapper: readonly string[] = [],
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
    const file = join(folder, 'carp.json');
    this.statusDir = statusDir ?? join(folder, 'status');
    this.#write = (those) => writeFileSync(file, JSON.stringify({ sysctl, vhids: those }), { mode: 0o600 });
    this.#write(vhids);
    const options = ['--file', file, '--json', '--log-format', 'text', '--status-dir', this.statusDir];
    this.program = host.spawn([...wrapper, ...nodeCommand(MAIN), 'carp', ...options]);
    // It may be read again at SIGHUP, so it stays as long as the program does.
    void this.program.exited.finally(() => rmSync(folder, { recursive: true })).catch(() => undefined);
  }

  get lines(): CarpLine[] {
    return this.program.lines
      .filter(({ stream, text }) => stream === 'stdout' && text.startsWith('{'))
      .map(({ text }) => JSON.parse(text) as CarpLine);
  }

  /** Has it read these settings with SIGHUP, and waits until they are in force. */
  async reload(vhids: readonly CarpVhidOptions[], deadlineMs = 5000): Promise<void> {
    const from = this.program.lines.length;
    this.#write(vhids);
    this.program.kill('SIGHUP');
    await this.program.waitForLine(/settings read again/, deadlineMs, from);
  }

  /** The state of a vhid (of the first that ever changed its state, if none is named). */
  state(vhid?: string): string | undefined {
    return this.lines
      .filter((line) => line.event === 'state' && (vhid === undefined || line.vhid === vhid))
      .at(-1)?.to;
  }

  /** The lines with which it changed its state, from line `from` on; the start is none. */
  changes(from = 0): CarpLine[] {
    return this.lines.slice(from).filter(({ event, to }) => event === 'state' && to !== 'INIT');
  }

  /** The line with which it enters the state, from line `from` on. */
  reaches(state: string, deadlineMs: number, from = 0): Promise<CarpLine> {
    return waitFor(
      `${this.program.name} to become ${state}`,
      deadlineMs,
      () => this.lines.slice(from).find((line) => line.event === 'state' && line.to === state),
      () => this.program.text,
    );
  }

  /** Asks for the state with SIGUSR1. */
  async status(deadlineMs = 2000): Promise<CarpLine> {
    const from = this.lines.length;
    this.program.kill('SIGUSR1');
    return waitFor('the status', deadlineMs, () =>
      this.lines.slice(from).find(({ event }) => event === 'status'),
    );
  }
}
