/**
 * What programs do with their words: the data behind the decision whether a quoted value stays a value.
 *
 * Of a program that is not listed, options are assumed to run commands, and operands to be data.
 *
 * @module
 */

/** What a program does with its words. */
export type Manner =
  /** All words are text, options included; none of them is the name of another program. */
  | 'text'
  /** All words are text but for options, which run nothing: one of logger's sends a file. */
  | 'message'
  /** The first operand is a format, by which some shells take the others for arithmetic. */
  | 'format'
  /** No option runs a command. */
  | 'plain'
  /** An address can be a command (`|command`), and a file. */
  | 'mail'
  /** `-c` is followed by a script; the first operand is a script's file. */
  | 'shell'
  /** The same as another user, whose name may stand before and behind. */
  | 'login'
  /** A shell behind `--`. */
  | 'confined'
  /** All words together, or the first one, are a script of this shell. */
  | 'evaluator'
  /** The first operand is a file of commands for this shell. */
  | 'source'
  /** The first word names what is run, be it by a path: `service ../../tmp/x start`. */
  | 'service'
  /** Words are read again, by a shell here or elsewhere, or can be commands in another way; so can the input. */
  | 'rereader'
  /** Assigns to a variable of this shell. */
  | 'assigner'
  /** Changes how this shell reads what follows, or takes words for expressions. */
  | 'expression'
  /** Words are, or may be, a program in the program's own language. */
  | 'language'
  /** The same, but that the first word, if it is no option, is the file of a program for which the others are data. */
  | 'interpreter'
  /** Words are numbers, which some shells take for arithmetic, and arithmetic for commands. */
  | 'number'
  /** test(1): a comparison of numbers is arithmetic in some shells. */
  | 'test'
  /** Some options run commands. */
  | 'runner'
  /** Runs another program, whose name stands behind its own options and operands. */
  | 'wrapper';

/** A listed program. */
export interface Program {
  readonly name: string;
  readonly manner: Manner;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** The names of each manner. A version may follow a name. */
export const PROGRAMS: Readonly<Record<Manner, readonly string[]>> = {
  text: words('echo true false :'),
  message: words('logger wall'),
  format: words('printf print'),
  plain: words(`
    cat head tail cut tr wc grep egrep fgrep basename dirname stat readlink realpath date sleep sync ls
    expr chmod chown chgrp rm rmdir mkdir mv cp ln touch tee dd mkfifo
    kill pkill killall notify-send beep aplay
    ifconfig ip iw iwconfig ethtool brctl bridge route arp ping hostname sysctl
    systemctl umount rmmod lsusb lspci
    kldload kldunload kldstat devctl usbconfig camcontrol mixer moused mdconfig gpart zpool zfs nvmecontrol
    uathload ezdownload ath3kfw iwmbtfw coldsync virtual_oss_cmd kbdcontrol vidcontrol
  `),
  mail: words('mail mailx'),
  shell: words('sh ash bash rbash dash ksh rksh mksh lksh oksh loksh pdksh posh yash zsh rzsh'),
  login: words('su runuser'),
  confined: words('capsh'),
  evaluator: words('eval trap'),
  source: words('. source'),
  service: words('service rc-service invoke-rc.d'),
  rereader: words(`
    ssh rsh remsh slogin csh tcsh fish elvish nu pwsh xonsh sg newgrp tmux screen script watch parallel at batch crontab
    make gmake bmake socat scp rsync sftp vi vim nvim view ex ed emacs nano less more man expect
  `),
  assigner: words('read export readonly local unset'),
  expression: words(`
    alias unalias let declare typeset integer float nameref compound enum getopts mapfile readarray hash shopt emulate
    bind complete compgen enable history hist fc coproc autoload functions
  `),
  language: words(`
    awk gawk mawk nawk original-awk sed gsed sqlite mysql mariadb psql gdb m4 bc dc jq osascript
  `),
  interpreter: words('perl python pypy php ruby node nodejs deno bun lua luajit tclsh wish guile'),
  number: words('shift exit return break continue ulimit'),
  test: words('test ['),
  runner: words(`
    tar bsdtar gtar git hg svn find zip unzip sort split nc ncat curl wget docker podman kubectl
    rpm dpkg apt apt-get pip npm cmake tcpdump mount logrotate start-stop-daemon sendmail exim install
    ifup ifdown modprobe set cd umask type wait jobs fg bg times
  `),
  wrapper: words(`
    env nice nohup setsid ionice taskset timeout lockf flock chroot chrt sudo doas exec command builtin time stdbuf unshare
    nsenter setpriv systemd-run busybox toybox xargs daemon dtach jexec pkexec setarch linux32 linux64 numactl
    fakeroot caffeinate systemd-inhibit chpst setuidgid softlimit envdir faketime dbus-run-session xvfb-run
    truss ktrace strace ltrace valgrind xterm rtprio idprio cpuset limits protect proccontrol setfib
    prlimit choom runcon cgexec bwrap firejail chronic eatmydata unbuffer logsave sshpass openvt su-exec gosu
  `),
};

/** What stands between the name of a wrapper and that of the program it runs. */
export interface Preamble {
  /** Operands before the program: the seconds of timeout. */
  readonly operands: number;
  /** Letters of options as getopt(3) takes them: a colon behind one that takes a word. */
  readonly letters: string;
  /** Names of long options, with `=` behind one that takes a word. */
  readonly names: ReadonlySet<string>;
}

/**
 * The options of wrappers behind which it is known where the program stands, as `OPERANDS LETTERS NAMES…`. Behind another
 * one nothing is known. Options that run a shell, or split a word, are left out on purpose.
 */
const PREAMBLES: Readonly<Record<string, string>> = {
  env: '0 iu:C: ignore-environment unset= chdir=',
  nice: '0 n: adjustment=',
  setsid: '0 cfw ctty fork wait',
  ionice: '0 c:n:t class= classdata= ignore',
  taskset: '1 a all-tasks',
  timeout: '1 k:s:v kill-after= signal= foreground preserve-status verbose',
  lockf: '1 knswt:',
  flock:
    '1 senxuFow:E: shared exclusive unlock nonblock close wait= timeout= conflict-exit-code= no-fork verbose',
  chroot: '1 - userspec= groups=',
  chrt: '1 abfor all-tasks batch fifo other rr',
  sudo: '0 AbEHnPkBSu:g:C:p:r:t:T: user= group= non-interactive set-home background',
  doas: '0 nu:',
  command: '0 p',
  time: '0 p',
  stdbuf: '0 i:o:e: input= output= error=',
  setpriv:
    '0 - reuid= regid= clear-groups init-groups keep-groups no-new-privs groups= inh-caps= bounding-set=',
  'systemd-run':
    '0 - unit= no-block quiet collect uid= gid= property= description= slice= scope wait user system',
  xargs: '0 0rtxn:L:P: null no-run-if-empty',
  daemon: '0 cfSrHp:P:t:u:o:m:s:T:l:R:',
  jexec: '1 lnu:U:d:',
  setuidgid: '1 -',
  envdir: '1 -',
  setarch: '1 -',
  faketime: '1 -',
  rtprio: '1 -',
  idprio: '1 -',
  setfib: '1 -',
  runcon: '1 -',
  logsave: '1 -',
  'su-exec': '1 -',
  gosu: '1 -',
};

/** What may stand between a wrapper's name and the program; nothing if it has no line of its own. */
export function preambleOf(name: string): Preamble {
  const [operands = '0', letters = '-', ...names] = words(PREAMBLES[name] ?? '0 -');
  return { operands: Number(operands), letters: letters.replace('-', ''), names: new Set(names) };
}

const TABLE: ReadonlyMap<string, Program> = new Map(
  Object.entries(PROGRAMS).flatMap(([manner, names]) =>
    names.map((name) => [name, { name, manner: manner as Manner }] as const),
  ),
);

/** The program of a word, if it is listed: by the last part of its path, without a version (`python3.11`, `ksh93`). */
export function programOf(word: string): Program | undefined {
  const name = word.slice(word.lastIndexOf('/') + 1);
  return TABLE.get(name) ?? TABLE.get(name.replace(/[-_.]?\d[\w.+-]*$/, ''));
}

/** Manners of programs that run what they are given, or read commands: one makes its neighbours doubtful, too. */
const ACTIVE: ReadonlySet<Manner | undefined> = new Set<Manner>([
  'shell',
  'login',
  'confined',
  'evaluator',
  'rereader',
  'language',
  'interpreter',
  'wrapper',
]);

/** Whether a program makes commands of its words. */
export function isActive(program: Program | undefined): boolean {
  return ACTIVE.has(program?.manner);
}

/** Manners of programs to which what they read is data. */
const READS_DATA: ReadonlySet<Manner> = new Set<Manner>([
  'text',
  'message',
  'format',
  'plain',
  'mail',
  'service',
  'number',
  'test',
  'assigner',
]);
/** Of those that run commands by their options these read data all the same. */
const RUNNERS_THAT_READ_DATA: ReadonlySet<string> = new Set(
  words('sort split sendmail curl nc ncat cd set umask type wait times'),
);

/** Whether a program may take what it reads for commands. One that is not known is trusted not to. */
export function mayRunInput(program: Program | undefined): boolean {
  if (program === undefined) return false;
  return !READS_DATA.has(program.manner) && !RUNNERS_THAT_READ_DATA.has(program.name);
}

/** Programs that write the files they are given: all of them, or the last one. */
export const WRITERS: Readonly<Record<string, 'all' | 'last'>> = {
  tee: 'all',
  dd: 'all',
  sponge: 'all',
  cp: 'last',
  mv: 'last',
  ln: 'last',
  install: 'last',
  rsync: 'last',
  scp: 'last',
};

/** Words behind which another command begins, whatever the program. */
export const COMMAND_WORDS: ReadonlySet<string> = new Set(words('-exec -execdir -ok -okdir exec'));
