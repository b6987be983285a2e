/** Up and down scripts that do what an operator's do (the address comes and goes) and write down when and how. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Owner } from './laboratory.js';

export interface ScriptRun {
  readonly script: 'up' | 'down';
  readonly phase: 'begin' | 'end';
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The arguments, each in brackets so that blanks and empty ones show. */
  readonly args: string;
}

export interface ScriptOptions {
  /** Seconds that the up script sleeps after it has put the address on the interface. */
  readonly upSeconds?: number;
}

export class ScriptLog {
  readonly up: string;
  readonly down: string;
  private readonly file: string;

  constructor(owner: Owner, { upSeconds = 0 }: ScriptOptions = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
    owner.after(() => rmSync(folder, { recursive: true, force: true }));
    this.file = join(folder, 'log');
    this.up = this.script(join(folder, 'up.sh'), 'up', 'add', upSeconds);
    this.down = this.script(join(folder, 'down.sh'), 'down', 'del', 0);
  }

  /** What ran so far. */
  get runs(): ScriptRun[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').trim().split('\n');
    return lines.map((line) => {
      const [script, phase, nanoseconds, ...args] = line.split(' ');
      const time = Number(nanoseconds) / 1e6;
      return { script, phase, time, args: args.join(' ') } as ScriptRun;
    });
  }

  /** The order in which scripts began, for example `down up`. */
  get order(): string {
    return this.runs
      .filter(({ phase }) => phase === 'begin')
      .map(({ script }) => script)
      .join(' ');
  }

  private script(path: string, name: string, verb: string, seconds: number): string {
    const note = (phase: string): string =>
      `echo "${name} ${phase} $(date +%s%N) $(printf '[%s]' "$@")" >> ${this.file}`;
    const address = `ip address ${verb} "$2/32" dev "$1" 2>/dev/null`;
    writeFileSync(
      path,
      ['#!/bin/sh', note('begin'), address, `sleep ${seconds}`, note('end'), ''].join('\n'),
    );
    chmodSync(path, 0o755);
    return path;
  }
}
