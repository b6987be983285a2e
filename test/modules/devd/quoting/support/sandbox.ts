/**
 * A folder in which scripts run by real shells, with a command `pwn` that leaves a trace. Whatever a value turns into a
 * command shows by that, or by the file `pwned`. Programs that run what they are given, and are not on every machine or
 * reach beyond it, have stand-ins that do just that.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  pwn: ': >"$TRACE"',
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
}

/** Takes each case (DEVD_X and the script, in turns) in an empty folder, and says the numbers of those taken over. */
const eachCase = (run: string): string => `
mkdir c && cd c || exit 1
n_=0
while [ $# -gt 0 ]; do
  ${run}
  if [ -e "$TRACE" ] || [ -e pwned ]; then echo $n_; rm -f "$TRACE"; fi
  for left_ in * .[!.]* ..?*; do
    if [ -e "$left_" ] || [ -h "$left_" ]; then rm -rf ./* ./.[!.]* ./..?*; break; fi
  done
  n_=$((n_ + 1))
  shift 2
done`;

/**
 * The shell under test forks for each case: to start it anew takes longer than most cases, and it reads what `eval` is
 * given as it reads what `-c` is given, line by line. ksh93 reads an `eval` whole. The limit is for endless loops.
 */
const QUICKLY = eachCase(`(
    ulimit -t 2
    export DEVD_X="$1"
    case $SHELL_WORDS in ksh93) exec ksh93 -c "$2" ;; esac
    script_=$2
    set --
    eval " $script_"
  ) </dev/null >/dev/null 2>&1`);
/** Every case has two seconds, and a shell of its own. */
const PATIENTLY = eachCase('DEVD_X=$1 timeout -s KILL 2 $SHELL_WORDS -c "$2" </dev/null >/dev/null 2>&1');
/** For all cases together; when one of them waits for ever, they are run patiently. */
const QUICK_SECONDS = 60;

export class Sandbox implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-quoting-'));

  constructor() {
    mkdirSync(join(this.#folder, 'bin'));
    for (const [name, script] of Object.entries(STAND_INS)) {
      const path = join(this.#folder, 'bin', name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    }
  }

  /** Runs scripts, and returns those that ran `pwn` or made the file `pwned`. */
  takenOver(argv: readonly string[], cases: readonly Case[]): string[] {
    const quick = ['timeout', '-s', 'KILL', String(QUICK_SECONDS), ...argv, '-c', QUICKLY];
    const numbers = this.#run(quick, argv, cases) ?? this.#run(['sh', '-c', PATIENTLY], argv, cases);
    return numbers!.map((number) => cases[number]!.script);
  }

  /** @returns the numbers of the cases that left a trace; undefined if all were ended */
  #run(driver: readonly string[], argv: readonly string[], cases: readonly Case[]): number[] | undefined {
    const cwd = mkdtempSync(join(this.#folder, 'run-'));
    const words = cases.flatMap(({ script, environment }) => [environment['DEVD_X'] ?? '', script]);
    const env = {
      PATH: `${join(this.#folder, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      TRACE: join(cwd, 'trace'),
      SH: 'sh',
      SHELL_WORDS: argv.join(' '),
    };
    const [program, ...args] = [...driver, 'sh', ...words];
    const { stdout, status, signal, stderr } = spawnSync(program!, args, { cwd, env, encoding: 'utf8' });
    rmSync(cwd, { recursive: true, force: true });
    if (signal === 'SIGKILL') return undefined;
    assert.equal(status, 0, stderr);
    return stdout.split('\n').flatMap((n) => (n === '' ? [] : [Number(n)]));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
