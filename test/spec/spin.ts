/** Debian's `spin` on carp.pml: it makes runs, plays those of others, and proves what must hold in all of them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACTS, type SpecSettings, STATES, type Step } from './steps.js';

const SPECIFICATION = fileURLToPath(new URL('../../../test/spec/carp.pml', import.meta.url));
/** Statements of the specification; a step has some thirty of them. */
const STATEMENTS = 20_000;
/** How deep the proof may go: three hosts need a tenth of it. */
const PROOF_DEPTH = 200_000;

/** What a proof has looked at. */
export interface Proof {
  readonly states: number;
  /** Undefined: everything holds in all of them. */
  readonly violation: string | undefined;
}

/** A run that the specification allows, chosen by the seed. */
export function specified(settings: SpecSettings, seed: number): Step[] {
  return inFolder((folder) =>
    told(spin(folder, ['-DTRACE', ...defines(settings), `-n${seed}`, `-u${STATEMENTS}`])),
  );
}

/** The run of the specification in which these things are done; shorter if it does not allow one of them. */
export function respecified(settings: SpecSettings, steps: readonly Step[]): Step[] {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'steps.pml'), scriptOf(steps));
    return told(spin(folder, ['-DTRACE', '-DSCRIPT', ...defines(settings), '-n1']));
  });
}

/** Looks at every state that the specification can reach. */
export function prove(settings: SpecSettings): Proof {
  return inFolder((folder) => {
    spin(folder, ['-a', ...defines(settings)]);
    run(folder, 'gcc', ['-w', '-O1', '-DSAFETY', '-o', 'pan', 'pan.c']);
    const output = run(folder, './pan', [`-m${PROOF_DEPTH}`, '-w20']);
    const states = Number(/(\d+) states, stored/.exec(output)?.[1] ?? Number.NaN);
    const errors = Number(/errors: (\d+)/.exec(output)?.[1] ?? Number.NaN);
    if (Number.isNaN(states) || /max search depth too small/.test(output))
      throw new Error(`the proof is not complete: ${output}`);
    return { states, violation: errors === 0 ? undefined : output.trim() };
  });
}

function defines({ hosts, preempt, crashes, bound }: SpecSettings): string[] {
  const settings = [`-DHOSTS=${hosts}`, `-DPREEMPT=${Number(preempt)}`, `-DCRASHES=${crashes}`];
  return bound === undefined ? settings : [...settings, `-DBOUND=${bound}`];
}

function scriptOf(steps: readonly Step[]): string {
  const list = (numbers: readonly number[]): string => numbers.join(', ');
  return [
    `#define STEPS ${steps.length}`,
    `byte step_of[${steps.length}] = { ${list(steps.map(({ act }) => ACTS.indexOf(act)))} };`,
    `byte host_of[${steps.length}] = { ${list(steps.map(({ host }) => host))} };`,
    '',
  ].join('\n');
}

/** Each line: ticks, act, from, to, states. */
function told(output: string): Step[] {
  const lines = output.matchAll(/^\s*(\d+) (\d) (\d) (\d):((?:\s+\d)+)\s*$/gm);
  return Array.from(lines, ([, at, act, , host, states]) => ({
    at: Number(at),
    act: ACTS[Number(act)]!,
    host: Number(host),
    states: states!
      .trim()
      .split(/\s+/)
      .map((state) => STATES[Number(state)]!),
  }));
}

function spin(folder: string, args: readonly string[]): string {
  return run(folder, 'spin', [...args, 'carp.pml']);
}

function run(cwd: string, program: string, args: readonly string[]): string {
  const options = { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** With the specification in it; what the programs leave behind goes with it. */
function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-spec-'));
  try {
    copyFileSync(SPECIFICATION, join(folder, 'carp.pml'));
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
