import { readdirSync, readFileSync } from 'node:fs';
import { Library, type LibraryCall } from './library.js';

/** linux/capability.h: capability n is the nth. */
const NAMES = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service ' +
  'net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin ' +
  'sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override ' +
  'mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore'
).split(' ');

/** sys/prctl.h. */
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** _LINUX_CAPABILITY_VERSION_3: sets of two words. */
const VERSION = 0x20080522;
/**
 * The threads of libuv's pool take calls as they come. Behind those that change a thread one makes it pause, so that the
 * next are another's: so many of each at once, so often, until each thread has had them.
 */
const CALLS = 12;
const PAUSE_US = 200;
const MAX_ROUNDS = 20;
const UNCHANGED_ROUNDS = 2;

/** The number of a capability by its name, with or without `CAP_`, in either case; undefined if there is none. */
export function capabilityNumber(name: string): number | undefined {
  const number = NAMES.indexOf(name.toLowerCase().replace(/^cap_/, ''));
  return number < 0 ? undefined : number;
}

/**
 * Takes all capabilities from this process but some of those that it has (capabilities(7)), and the way to new ones by
 * setuid programs (PR_SET_NO_NEW_PRIVS). Programs that it starts get no more.
 *
 * Linux has capabilities for each thread, and changes those of the calling one. This changes the main thread, which runs
 * the kernel; threads made later, as those of workers, begin with what it has. The threads of libuv's pool, which work on
 * files and start programs, are reached by calls that run on them. V8's own, which compile and collect garbage, cannot be
 * reached: they run no code of ours. Only a service manager, or setpriv(1), starts a process in which they too have
 * nothing.
 *
 * @param keep numbers of capabilities
 * @throws CarpetError ENOPKG without koffi
 */
export async function keepCapabilities(keep: readonly number[]): Promise<void> {
  const library = Library.load();
  const prctl = library.func(PRCTL);
  const wanted =
    keep.reduce((mask, number) => mask | (1n << BigInt(number)), 0n) & permittedIn(status('self'));
  dropBounding(prctl, wanted);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  const [header, sets] = [headerOf(), setsOf(wanted)];
  library.check('capset', library.func(CAPSET)(header, sets));
  library.check('prctl', prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  await reachPool(library, header, sets, wanted);
}

const CAPSET = 'int capset(void *header, void *data)';
const USLEEP = 'int usleep(unsigned int microseconds)';
const PRCTL = 'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)';

/** A process without CAP_SETPCAP may not: its bounding set stays, and no_new_privs keeps it from being of use. */
function dropBounding(prctl: LibraryCall, wanted: bigint): void {
  for (let number = 0; number < NAMES.length; number++)
    if ((wanted & (1n << BigInt(number))) === 0n) prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
}

/**
 * Until some rounds in a row have changed nothing in any thread, with at least the main thread and the pool reached: on a
 * busy machine a thread of the pool may get no call for several rounds.
 */
async function reachPool(library: Library, header: Buffer, sets: Buffer, wanted: bigint): Promise<void> {
  const [capset, prctl, pause] = [CAPSET, PRCTL, USLEEP].map((prototype) => library.poolFunc(prototype));
  const call = (): Promise<number>[] => [
    capset!(header, sets),
    prctl!(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
    pause!(PAUSE_US),
  ];
  let before = -1;
  for (let round = 0, unchanged = 0; round < MAX_ROUNDS; round++) {
    await Promise.all(Array.from({ length: CALLS }, call).flat());
    const all = threads();
    const left = all.filter((tid) => !isReached(tid, wanted)).length;
    unchanged = left === before ? unchanged + 1 : 0;
    if (left === 0 || (unchanged >= UNCHANGED_ROUNDS && all.length - left > poolSize())) return;
    before = left;
  }
}

/** Threads in libuv's pool. */
function poolSize(): number {
  const asked = Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '', 10);
  return Number.isNaN(asked) ? 4 : Math.min(Math.max(asked, 1), 1024);
}

/** Whether a thread has no more than is wanted, and no way to more. One that has ended meanwhile has nothing. */
function isReached(tid: string, wanted: bigint): boolean {
  const text = status(`self/task/${tid}`);
  return (permittedIn(text) & ~wanted) === 0n && !/^NoNewPrivs:\s*0$/m.test(text);
}

function threads(): string[] {
  return readdirSync('/proc/self/task');
}

function permittedIn(text: string): bigint {
  return BigInt(`0x${/^CapPrm:\s*([\da-f]+)$/m.exec(text)?.[1] ?? '0'}`);
}

function status(task: string): string {
  try {
    return readFileSync(`/proc/${task}/status`, 'latin1');
  } catch {
    return '';
  }
}

/** struct __user_cap_header_struct: the calling thread. */
function headerOf(): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(VERSION);
  return header;
}

/** Two of struct __user_cap_data_struct, the low words first: effective, permitted, inheritable. */
function setsOf(wanted: bigint): Buffer {
  const sets = Buffer.alloc(24);
  for (const half of [0, 1]) {
    const word = Number((wanted >> BigInt(32 * half)) & 0xffffffffn);
    sets.writeUInt32LE(word, 12 * half);
    sets.writeUInt32LE(word, 12 * half + 4);
  }
  return sets;
}
