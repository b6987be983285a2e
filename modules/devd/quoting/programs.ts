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
  /** No option runs a command. */
  | 'plain'
  /** `-c` is followed by a script; the first operand is a script's file. */
  | 'shell'
  /** All words together are a script of this shell. */
  | 'evaluator'
  /** The first operand is a file of commands for this shell. */
  | 'source'
  /** Words are read again, by a shell here or elsewhere, or can be commands in another way; so can the input. */
  | 'rereader'
  /** Words are names of variables, or expressions, of this shell, and can hold arithmetic or a command. */
  | 'expression'
  /** Words are, or may be, a program in the program's own language. */
  | 'language'
  /** Words are numbers, which some shells take for arithmetic, and arithmetic for commands. */
  | 'number'
  /** test(1): a comparison of numbers is arithmetic in some shells. */
  | 'test'
  /** Some options run commands. */
  | 'runner'
  /** The first operand is the name of a command. */
  | 'wrapper';

/** A listed program. */
export interface Program {
  readonly manner: Manner;
  /** Operands before the one that is run: the host of ssh, the seconds of timeout. */
  readonly operands: number;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** The names of each manner; `name/1` has one operand before the command. A version may follow a name. */
export const PROGRAMS: Readonly<Record<Manner, readonly string[]>> = {
  text: words('echo print printf logger wall true false :'),
  plain: words(`
    cat head tail cut tr wc grep egrep fgrep basename dirname stat readlink realpath date sleep sync ls
    chmod chown chgrp rm rmdir mkdir mv cp ln touch tee install dd mkfifo
    kill pkill killall mail mailx notify-send beep aplay
    ifconfig ip iw iwconfig ethtool brctl bridge route arp ping ifup ifdown hostname sysctl
    service systemctl rc-service umount modprobe rmmod lsusb lspci
    kldload kldunload kldstat devctl usbconfig camcontrol mixer moused mdconfig gpart zpool zfs nvmecontrol
    uathload ezdownload ath3kfw iwmbtfw coldsync virtual_oss_cmd kbdcontrol vidcontrol
    set cd umask hash type wait jobs fg bg times
  `),
  shell: words(`
    sh ash bash rbash dash ksh rksh mksh lksh oksh loksh pdksh posh yash zsh rzsh
    su/1 runuser/1 script flock/1 capsh
  `),
  evaluator: words('eval trap'),
  source: words('. source'),
  rereader: words(`
    ssh/1 rsh/1 remsh/1 slogin/1 csh tcsh fish elvish nu pwsh xonsh sg/1 newgrp/1 tmux screen watch parallel at batch
    make gmake bmake socat scp rsync sftp vi vim nvim view ex ed emacs nano less more man expect
  `),
  expression: words(`
    alias let declare typeset local readonly export unset read getopts mapfile readarray
    bind complete compgen enable history fc coproc
  `),
  language: words(`
    awk gawk mawk nawk original-awk perl python pypy php ruby node nodejs deno bun lua luajit sed gsed tclsh wish
    sqlite mysql mariadb psql gdb m4 bc dc guile jq osascript
  `),
  number: words('shift exit return break continue ulimit'),
  test: words('test ['),
  runner: words(`
    tar bsdtar gtar git hg svn find zip unzip sort split nc ncat curl wget strace ltrace xterm docker podman kubectl
    rpm dpkg apt apt-get pip npm cmake tcpdump mount logrotate crontab start-stop-daemon sendmail exim
  `),
  wrapper: words(`
    env nice nohup setsid ionice taskset/1 timeout/1 lockf/1 chroot/1 chrt/1 sudo doas exec command builtin time stdbuf unshare
    nsenter setpriv systemd-run busybox toybox xargs daemon dtach/1 jexec/1 pkexec setarch linux32 linux64 numactl
    fakeroot caffeinate systemd-inhibit chpst setuidgid/1 softlimit envdir/1 faketime/1 dbus-run-session xvfb-run
  `),
};

const TABLE: ReadonlyMap<string, Program> = new Map(
  Object.entries(PROGRAMS).flatMap(([manner, names]) =>
    names.map((entry) => {
      const [name = '', operands = '0'] = entry.split('/');
      return [name, { manner: manner as Manner, operands: Number(operands) }] as const;
    }),
  ),
);

/** The program of a word, if it is listed: by the last part of its path, without a version (`python3.11`, `ksh93`). */
export function programOf(word: string): Program | undefined {
  const name = word.slice(word.lastIndexOf('/') + 1);
  return TABLE.get(name) ?? TABLE.get(name.replace(/[-_.]?\d[\w.+-]*$/, ''));
}

/** Manners that make commands of words: such a program is looked for among the words of others, too. */
const ACTIVE: ReadonlySet<Manner> = new Set(['shell', 'evaluator', 'rereader', 'expression', 'language']);

/** Whether a program makes commands of its words. */
export function isActive(program: Program | undefined): boolean {
  return program !== undefined && ACTIVE.has(program.manner);
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

/** Words after which another command begins. */
export const KEYWORDS: ReadonlySet<string> = new Set(words('if then else elif while until do ! {'));

/** Builtins in front of another, which keep its manner. */
export const PRECOMMANDS: ReadonlySet<string> = new Set(words('command builtin time exec'));

/** Options of any program after which a command begins. */
export const COMMAND_OPTIONS: ReadonlySet<string> = new Set(words('-exec -execdir -ok -okdir'));
