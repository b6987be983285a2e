import { closeSync, openSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import {
  type Callout,
  CarpetError,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  Scope,
  SETTINGS,
} from '../../../core/index.js';
import { Libc, POLLPRI, Poller } from '../../libc/index.js';
import { MountWatch } from './mount-watch.js';

/** How many times as long as a reading took the next one waits: where containers start, hundreds of mounts come at once. */
const REST_RATIO = 3;
const RETRY_MS = 1_000;

const MountsSettings = v.optional(
  v.strictObject({
    /** The table to watch: `/proc/PID/mountinfo` for the namespace and the root of another process. */
    file: v.optional(v.string(), '/proc/self/mountinfo'),
  }),
  {},
);
/** The settings of the module `host-mounts`, as given: all of them have defaults. */
export type MountsSettings = v.InferInput<typeof MountsSettings>;

/**
 * Loaded, it invokes vfs_mounted, vfs_unmounted and mountroot for the file systems of this process's mount namespace, or
 * of another process's. Linux only; needs no privilege.
 *
 * Known not to work: what is mounted and unmounted again before the table is read is not seen.
 */
@Module({ name: 'host-mounts', settings: MountsSettings })
export class MountsModule {
  #rest: Callout | undefined;
  /** Since the last reading. */
  #changed = false;

  constructor(
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Scope) private readonly scope: Scope,
    @inject(Log) private readonly log: Log,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof MountsSettings>,
  ) {}

  /** @throws CarpetError with the errno's name if the table cannot be read, ENOTSUP on another system */
  start(): void {
    const { eventhandler, scope, settings } = this;
    const libc = Libc.load();
    const fd = open(settings.file);
    scope.defer(() => closeSync(fd));
    const watch = new MountWatch({
      // By its name: what is open shows the root of then, whatever becomes the root.
      read: () => readFileSync(settings.file, 'utf8'),
      mounted: eventhandler.defineList('vfs_mounted'),
      unmounted: eventhandler.defineList('vfs_unmounted'),
      rootMounted: eventhandler.defineList('mountroot'),
    });
    // A change is reported once to each open file, as POLLPRI and POLLERR: one that comes while we read is the next.
    const check = (): void => this.#check(watch, poller);
    const poller = scope.own(new Poller(libc, fd, check, POLLPRI));
    this.#rest = scope.callout('mounts rest', () => {
      if (this.#changed) check();
    });
    scope.own(afterNextPoll(check));
  }

  #check(watch: MountWatch, poller: Poller): void {
    this.#changed = this.#rest!.pending;
    if (this.#changed) return;
    const { clock } = this.scope;
    const began = clock.now();
    try {
      watch.check();
      this.#rest!.reset((clock.now() - began) * REST_RATIO);
    } catch (error) {
      if (isShortage(error)) return this.#retry(error);
      this.log.warning(`mounts are not watched any more, ${this.settings.file} is gone: ${String(error)}`);
      poller[Symbol.dispose]();
    }
  }

  #retry(error: unknown): void {
    this.log.limited('shortage').warning(`mounts are read again in a second: ${String(error)}`);
    this.#rest!.reset(RETRY_MS);
    this.#changed = true;
  }
}

/** No descriptor or no memory was left. */
function isShortage(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['EMFILE', 'ENFILE', 'ENOMEM'].includes(code);
}

/**
 * Calls once the event loop has waited for events. It begins to watch a descriptor only then, and in doing so takes
 * notice, for us, of a change since the file was opened.
 */
function afterNextPoll(fn: () => void): Disposable {
  // The first one may run before the loop waits again: it comes right after the events that are being handled.
  let immediate = setImmediate(() => {
    immediate = setImmediate(fn);
  });
  return { [Symbol.dispose]: () => clearImmediate(immediate) };
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
    throw new CarpetError(code, `cannot read the table of mounts ${file}: ${code}`, { cause });
  }
}
