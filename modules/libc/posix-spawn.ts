import { SystemError } from './errno.js';
import { Library, type LibraryCall } from './library.js';
import { stringVector } from './string-vector.js';

/** More room than posix_spawnattr_t (336 bytes with glibc) and posix_spawn_file_actions_t (80 bytes) take. */
const ATTRIBUTES_LENGTH = 512;
const ACTIONS_LENGTH = 256;
/** sigset_t: 1,024 signals. */
const SIGSET_LENGTH = 128;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;

/** Each returns 0, or an errno. */
const PROTOTYPES = {
  attributesInit: 'int posix_spawnattr_init(void *)',
  setFlags: 'int posix_spawnattr_setflags(void *, short)',
  setDefaultSignals: 'int posix_spawnattr_setsigdefault(void *, const void *)',
  fillSignals: 'int sigfillset(void *)',
  actionsInit: 'int posix_spawn_file_actions_init(void *)',
  actionsDestroy: 'int posix_spawn_file_actions_destroy(void *)',
  addDup2: 'int posix_spawn_file_actions_adddup2(void *, int, int)',
  addChdir: 'int posix_spawn_file_actions_addchdir_np(void *, const void *)',
} as const;
const SPAWN =
  'int posix_spawnp(void *pid, const void *file, const void *actions, const void *attributes, const void *argv, const void *envp)';

/** A program and what it gets. */
export interface SpawnRequest {
  /** Looked for in the PATH of this process unless it has a slash. */
  readonly file: string;
  /** Behind the file itself. */
  readonly args: readonly string[];
  /** `NAME=value`; the whole environment. */
  readonly environment: readonly string[];
  /** Its folder; default: that of this process. */
  readonly cwd?: string | undefined;
  /** Its standard input, output and error: descriptors of this process, which stay open here. */
  readonly stdio: readonly [number, number, number];
  /** Whether it gets a session and process group of its own (setsid(2)). */
  readonly session: boolean;
}

/**
 * Starts programs without holding the event loop: posix_spawn(3), on a thread of libuv's pool. child_process.spawn forks,
 * which copies the page tables of the whole process first: that takes milliseconds, in which no advertisement leaves.
 *
 * A program begins with no signal ignored or blocked, and with no descriptor but the three that it is given: all others
 * are closed in children (O_CLOEXEC). Wait for each with `Libc.waitpid`, or it stays a zombie.
 */
export class PosixSpawn {
  readonly #library: Library;
  readonly #calls: Record<keyof typeof PROTOTYPES, LibraryCall>;
  readonly #spawn: (...args: unknown[]) => Promise<number>;
  readonly #inSession: Buffer;
  readonly #inGroup: Buffer;

  /** @throws CarpetError ENOPKG without koffi; Error where the C library lacks one of the functions */
  constructor() {
    const library = Library.load();
    this.#library = library;
    const declared = Object.entries(PROTOTYPES).map(([name, prototype]) => [name, library.func(prototype)]);
    this.#calls = Object.fromEntries(declared) as Record<keyof typeof PROTOTYPES, LibraryCall>;
    this.#spawn = library.poolFunc(SPAWN);
    const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    this.#inSession = this.#attributes(flags | POSIX_SPAWN_SETSID);
    this.#inGroup = this.#attributes(flags);
  }

  /**
   * Starts a program.
   *
   * @returns its pid
   * @throws SystemError ENOENT, EACCES, ENOEXEC, E2BIG, EAGAIN, ENOMEM; RangeError for a NUL byte
   */
  async start({ file, args, environment, cwd, stdio, session }: SpawnRequest): Promise<number> {
    const address = (buffer: Buffer): bigint => this.#library.address(buffer);
    const argv = stringVector([file, ...args], address);
    const envp = stringVector(environment, address);
    const [name, folder, pid] = [Buffer.from(`${file}\0`), Buffer.from(`${cwd ?? ''}\0`), Buffer.alloc(4)];
    const actions = Buffer.alloc(ACTIONS_LENGTH);
    const attributes = session ? this.#inSession : this.#inGroup;
    this.#do('actionsInit', actions);
    try {
      if (cwd !== undefined) this.#do('addChdir', actions, folder);
      // A descriptor that is put on itself loses its O_CLOEXEC.
      for (const [number, fd] of stdio.entries()) this.#do('addDup2', actions, fd, number);
      const errno = await this.#spawn(pid, name, actions, attributes, argv, envp);
      if (errno !== 0) throw new SystemError('posix_spawn', errno);
      return pid.readInt32LE();
    } finally {
      this.#calls.actionsDestroy(actions);
    }
  }

  #attributes(flags: number): Buffer {
    const [attributes, all] = [Buffer.alloc(ATTRIBUTES_LENGTH), Buffer.alloc(SIGSET_LENGTH)];
    this.#do('attributesInit', attributes);
    this.#do('fillSignals', all);
    // Node ignores SIGPIPE, and a program would go on ignoring it. The mask of blocked signals is empty as initialised.
    this.#do('setDefaultSignals', attributes, all);
    this.#do('setFlags', attributes, flags);
    return attributes;
  }

  #do(name: keyof typeof PROTOTYPES, ...args: unknown[]): void {
    const errno = this.#calls[name](...args);
    if (errno !== 0) throw new SystemError('posix_spawn', errno);
  }
}
