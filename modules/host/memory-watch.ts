import type { Callout, Counter, EventHandlerList, Log, SysctlInt } from '../../core/index.js';
import { VM_LOW_PAGES } from './events.js';
import { parseMemoryEvents, risen } from './memory-events.js';
import { PRESSURE_WINDOW_MS, stalledMs } from './pressure.js';

/** A file of the kernel that is read repeatedly. */
export interface KernelFile {
  readonly path: string;
  /** @throws if it is gone or not readable */
  read(): string;
}

/** Sources of memory pressure on this machine. */
export interface MemorySources {
  /** Undefined on a machine without pressure-stall information. */
  readonly pressure: KernelFile | undefined;
  /** Calls `fired` on each stall. @returns undefined if the kernel refuses a trigger; the file is then polled */
  readonly trigger: (
    pressure: KernelFile,
    stall: number,
    fired: () => void,
    gone: () => void,
  ) => Disposable | undefined;
  /** Undefined outside a control group with a memory controller of version 2. */
  readonly events: KernelFile | undefined;
  /** Calls `changed` after each change of the file. @throws where the kernel has no room for another watch */
  readonly watch: (file: KernelFile, changed: () => void) => Disposable;
}

/** What a MemoryWatch works with. */
export interface MemoryWatchOptions {
  readonly sources: MemorySources;
  readonly list: EventHandlerList<[flags: number]>;
  /** Stalls that count as pressure, in milliseconds within two seconds. */
  readonly stall: number;
  /** vm.lowmem_period, in seconds. */
  readonly period: SysctlInt;
  readonly count: Counter;
  readonly now: () => number;
  readonly callout: (name: string, fn: () => void) => Callout;
  readonly log: Log;
}

/**
 * Invokes vm_lowmem when memory is short. Two sources, each used if the machine has it:
 *
 * - the kernel's pressure-stall information: some task stalled for `stall` ms within two seconds, for want of memory. The
 *   kernel wakes us (a trigger); if it refuses that, the file is polled every two seconds;
 * - the limits of this process's control group (memory.events), whose changes the kernel reports through inotify.
 *
 * As in FreeBSD's page daemon, vm_lowmem is invoked at most once per vm.lowmem_period, because freed memory takes time to
 * show. Pressure in between is ignored; lasting pressure wakes us again.
 */
export class MemoryWatch implements Disposable {
  readonly #options: MemoryWatchOptions;
  readonly #held: Disposable[] = [];
  #last = Number.NEGATIVE_INFINITY;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    const { sources, log } = options;
    if (sources.pressure !== undefined) this.#watchPressure(sources.pressure);
    if (sources.events !== undefined) this.#watchEvents(sources.events);
    if (sources.pressure === undefined && sources.events === undefined) {
      log.info('no source for vm_lowmem: neither /proc/pressure/memory nor a cgroup v2 memory controller');
    }
  }

  [Symbol.dispose](): void {
    for (const each of this.#held.splice(0)) each[Symbol.dispose]();
  }

  #watchPressure(file: KernelFile): void {
    const { sources, stall } = this.#options;
    const fired = (): void =>
      this.#low(`tasks stalled ${stall} ms or more within two seconds (${file.path})`);
    const trigger = sources.trigger(file, stall, fired, () => this.#pollPressure(file));
    if (trigger === undefined) this.#pollPressure(file);
    else this.#held.push(trigger);
  }

  #pollPressure(file: KernelFile): void {
    let before = this.#read(file, stalledMs);
    if (before === undefined) return;
    const poll = this.#options.callout('memory pressure', () => {
      const after = this.#read(file, stalledMs);
      if (after === undefined || before === undefined) return;
      const stalled = after - before;
      before = after;
      poll.reset(PRESSURE_WINDOW_MS);
      if (stalled >= this.#options.stall) {
        this.#low(`tasks stalled ${Math.round(stalled)} ms within two seconds (${file.path})`);
      }
    });
    this.#held.push(poll);
    poll.reset(PRESSURE_WINDOW_MS);
  }

  #watchEvents(file: KernelFile): void {
    let before = this.#read(file, parseMemoryEvents);
    if (before === undefined) return;
    const changed = (): void => {
      if (this.#resting()) return;
      const after = this.#read(file, parseMemoryEvents);
      if (after === undefined || before === undefined) return;
      const reasons = risen(before, after);
      before = after;
      if (reasons.length > 0)
        this.#low(`the control group met its limit ${reasons.join(', ')} (${file.path})`);
    };
    try {
      this.#held.push(this.#options.sources.watch(file, changed));
    } catch (error) {
      this.#options.log.warning(
        `${file.path} cannot be watched (${String(error)}): vm_lowmem does without it`,
      );
    }
  }

  #low(why: string): void {
    if (this.#resting()) return;
    const { now, count, list, log } = this.#options;
    this.#last = now();
    count.add();
    log.limited('vm_lowmem').notice(`memory is short: ${why}`);
    list.invoke(VM_LOW_PAGES);
  }

  /** Within vm.lowmem_period of the last time. */
  #resting(): boolean {
    const { now, period } = this.#options;
    return now() - this.#last < period.value * 1000;
  }

  /** If the file is gone (its control group was removed), only its own watch ends. */
  #read<T>(file: KernelFile, parse: (text: string) => T | undefined): T | undefined {
    try {
      const value = parse(file.read());
      if (value !== undefined) return value;
      this.#options.log.warning(`${file.path} has a form unknown here: vm_lowmem does without it`);
    } catch (error) {
      this.#options.log.info(`${file.path} is not readable (${String(error)}): vm_lowmem does without it`);
    }
    return undefined;
  }
}
