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

/**
 * Runs each case (DEVD_X and the script, in turns) in an empty folder, and says the numbers of those taken over. Programs
 * are started only where a case left something: they would take longer than the cases.
 */
const DRIVER = `
mkdir c && cd c || exit 1
n=0
while [ $# -gt 0 ]; do
  DEVD_X=$1 timeout -s KILL 2 $SHELL_WORDS -c "$2" </dev/null >/dev/null 2>&1
  if [ -e "$TRACE" ] || [ -e pwned ]; then echo $n; rm -f "$TRACE"; fi
  for left in * .[!.]* ..?*; do
    if [ -e "$left" ] || [ -h "$left" ]; then rm -rf ./* ./.[!.]* ./..?*; break; fi
  done
  n=$((n + 1))
  shift 2
done`;

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
    const cwd = mkdtempSync(join(this.#folder, 'run-'));
    const words = cases.flatMap(({ script, environment }) => [environment['DEVD_X'] ?? '', script]);
    const env = {
      PATH: `${join(this.#folder, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      TRACE: join(cwd, 'trace'),
      SH: 'sh',
      SHELL_WORDS: argv.join(' '),
    };
    const { stdout, status, stderr } = spawnSync('sh', ['-c', DRIVER, 'sh', ...words], {
      cwd,
      env,
      encoding: 'utf8',
    });
    rmSync(cwd, { recursive: true, force: true });
    assert.equal(status, 0, stderr);
    return stdout.split('\n').flatMap((n) => (n === '' ? [] : [cases[Number(n)]!.script]));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
