/**
 * A folder in which scripts run by real shells, with a command `pwn` that leaves a trace. Whatever a value turns into a
 * command shows by that, or by the file `pwned`. Programs that run what they are given, and are not on every machine or
 * reach beyond it, have stand-ins that do just that.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../../../../support/needs.js';

/** Shells of Bourne's family, with the words that start them; those that this machine lacks are skipped. */
export const SHELLS: readonly { name: string; argv: readonly string[]; skip: string | false }[] = [
  ['dash'],
  ['bash'],
  ['busybox', 'sh'],
  ['ksh93'],
  ['mksh'],
].map((argv) => ({ name: argv[0]!, argv, skip: needs(`program:${argv[0]!}`) }));

const STAND_INS: Readonly<Record<string, string>> = {
  pwn: 'echo pwn >"$TRACE"',
  // Runs its operands, whatever is in them.
  sudo: 'exec "$@"',
  capsh: '[ "$1" != -- ] || shift; exec sh "$@"',
  rbash: 'exec sh "$@"',
  // A shell elsewhere.
  ssh: 'shift; exec sh -c "$*"',
  sg: '[ "$2" != -c ] || { shift; }; exec sh -c "$2"',
  su: `while [ $# -gt 0 ]; do
  case $1 in
    -c | --c* | --s*) case $1 in *=*) exec sh -c "\${1#*=}" ;; esac; shift; exec sh -c "$1" ;;
    -c*) exec sh -c "\${1#-c}" ;;
  esac
  shift
done`,
  'perl5.36.0': 'exec perl "$@"',
  git: '[ "$1" != -c ] || exec sh -c "${2#*=!}"',
  // A program that nobody has heard of, all of whose options run commands.
  frob: `while [ $# -gt 0 ]; do
  case $1 in
    --) exit ;;
    -*=*) sh -c "\${1#*=}" ;;
    --*) sh -c "$2" ;;
    -?) sh -c "$2" ;;
    -*) sh -c "\${1#-?}" ;;
  esac
  shift
done`,
};

/** A script to run, and what its environment has besides. */
export interface Case {
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Names it in what is found; the script does otherwise. */
  readonly label?: string;
}

/** Takes each case (DEVD_X, DEVD_Y and the script, in turns) in a folder of its own, which is named by its number. */
const eachCase = (run: string): string => `
n_=0
while [ $# -gt 0 ]; do
  ${run}
  n_=$((n_ + 1))
  shift 3
done`;

/**
 * The shell under test forks for each case: to start it anew takes longer than most cases, and it reads what `eval` is
 * given as it reads what `-c` is given, line by line. ksh93 reads an `eval` whole. The limits are for endless loops, and files.
 */
const QUICKLY = eachCase(`(
    cd $n_ || exit
    ulimit -t 2
    ulimit -f 200
    export DEVD_X="$1" DEVD_Y="$2" TRACE="$PWD/trace"
    case $SHELL_WORDS in ksh93) exec ksh93 -c "$3" ;; esac
    script_=$3
    set --
    eval " $script_"
  ) </dev/null >/dev/null 2>&1`);
/** Every case has two seconds, and a shell of its own. */
const PATIENTLY = eachCase(`(
    cd $n_ || exit
    ulimit -f 200
    export DEVD_X="$1" DEVD_Y="$2" TRACE="$PWD/trace"
    exec timeout -s KILL 2 $SHELL_WORDS -c "$3"
  ) </dev/null >/dev/null 2>&1`);
/** For all cases together; when one of them waits for ever, they are run patiently. */
const QUICK_SECONDS = 60;

/** Cases that were run, and where. */
interface Batch {
  readonly folder: string;
  readonly cases: readonly Case[];
}

export class Sandbox implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-quoting-'));
  #last: Batch | undefined;

  constructor() {
    mkdirSync(join(this.#folder, 'bin'));
    for (const [name, script] of Object.entries(STAND_INS)) {
      const path = join(this.#folder, 'bin', name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    }
  }

  /**
   * Runs scripts, and returns those that ran `pwn` or made the file `pwned`; of the scripts before them, too, those that
   * did so in the background, and late.
   */
  takenOver(argv: readonly string[], cases: readonly Case[]): string[] {
    const quick = ['timeout', '-s', 'KILL', String(QUICK_SECONDS), ...argv, '-c', QUICKLY];
    const before = this.#last;
    let batch = this.#run(quick, argv, cases);
    if (batch === undefined) batch = this.#run(['sh', '-c', PATIENTLY], argv, cases)!;
    this.#last = batch;
    const late = before === undefined ? [] : traces(before);
    if (before !== undefined) remove(before.folder);
    return [...late, ...traces(batch)];
  }

  /** @returns undefined if all were ended */
  #run(driver: readonly string[], argv: readonly string[], cases: readonly Case[]): Batch | undefined {
    const folder = mkdtempSync(join(this.#folder, 'run-'));
    cases.forEach((_, n) => mkdirSync(join(folder, String(n))));
    const words = cases.flatMap(({ script, environment }) => [
      environment['DEVD_X'] ?? '',
      environment['DEVD_Y'] ?? '',
      script,
    ]);
    const env = {
      PATH: `${join(this.#folder, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      HOME: folder,
      SH: 'sh',
      SHELL_WORDS: argv.join(' '),
    };
    const [program, ...args] = [...driver, 'sh', ...words];
    const { status, signal, stderr } = spawnSync(program!, args, { cwd: folder, env, encoding: 'utf8' });
    if (signal === 'SIGKILL') return undefined;
    assert.equal(status, 0, stderr);
    return { folder, cases };
  }

  [Symbol.dispose](): void {
    remove(this.#folder);
  }
}

/** What a script left in the background may write there meanwhile. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The scripts that left a trace. */
function traces({ folder, cases }: Batch): string[] {
  const isTaken = (n: number): boolean =>
    existsSync(join(folder, String(n), 'pwned')) ||
    // A script that knows the file's name, from $_ for one, may make it, but empty.
    (statSync(join(folder, String(n), 'trace'), { throwIfNoEntry: false })?.size ?? 0) > 0;
  const strays = existsSync(join(folder, 'pwned')) ? ['a script that left its folder'] : [];
  return [...strays, ...cases.flatMap(({ script, label = script }, n) => (isTaken(n) ? [label] : []))];
}
