/**
 * @module
 * The life of one module in a thread: its start, its end whatever the cause, its restarts.
 *
 *     starting -> running -> restarting -> running ...   until unloaded: ended
 *                                       -> failed        when it ends more often than the policy allows
 *
 * While there is no thread, events wait in the queue. What was under way to the thread that ended is lost, and counted.
 * Points to: the Thread of the moment; the Forwarder (events to it), the Requests (what it asks), the SysctlMirror, the
 * VerbMirror, the Pulse. All of them belong to the stand-in's scope.
 */
import {
  type Callout,
  CarpetError,
  describe,
  type IsolationInfo,
  type Json,
  type Kernel,
  KldError,
  type Log,
  type ModuleEnd,
  type Scope,
} from '../../core/index.js';
import { Forwarder } from './forwarder.js';
import type { WorkerLimits } from './options.js';
import { PendingCalls } from './pending.js';
import type { FromWorker, ToWorker } from './protocol.js';
import { Pulse } from './pulse.js';
import { Requests } from './requests.js';
import { Restarts } from './restarts.js';
import { SysctlMirror } from './sysctl-mirror.js';
import { Thread } from './thread.js';
import { toValue } from './values.js';
import { VerbMirror } from './verb-mirror.js';
import { whereIs } from './whereabouts.js';

/** How long the profiler may take to say where a thread is. */
const STACK_MS = 3_000;

export interface SupervisorServices {
  readonly kernel: Kernel;
  readonly log: Log;
  readonly scope: Scope;
  readonly limits: WorkerLimits;
  readonly location: string;
  readonly name: string;
  /** The modules whose offers it may use. */
  readonly depends: readonly string[];
}

export class Supervisor implements AsyncDisposable {
  readonly #services: SupervisorServices;
  readonly #pending = new PendingCalls();
  readonly #forwarder: Forwarder;
  readonly #requests: Requests;
  readonly #sysctls: SysctlMirror;
  readonly #verbs: VerbMirror;
  readonly #pulse: Pulse;
  readonly #restarts: Restarts;
  readonly #pause: Callout;
  #thread: Thread | undefined;
  #began = 0;
  #state: IsolationInfo['state'] = 'starting';
  #settings: unknown;
  #lastEnd: string | undefined;
  #ended: Promise<void> | undefined;

  constructor(services: SupervisorServices) {
    const { kernel, log, scope, limits, name, depends } = services;
    const post = (messages: readonly ToWorker[]): void => this.#thread?.post(messages);
    const { clock } = scope;
    this.#services = services;
    this.#forwarder = new Forwarder({
      name,
      scope,
      eventhandler: kernel.eventhandler,
      log,
      limits,
      post,
      pending: this.#pending,
    });
    this.#requests = new Requests({ kernel, log, name, depends: () => depends, post });
    this.#sysctls = new SysctlMirror(scope, post);
    this.#verbs = new VerbMirror({
      name,
      scope,
      log,
      limits,
      pending: this.#pending,
      post: (message) => this.#toThread(message),
    });
    this.#restarts = new Restarts(clock, limits.restart);
    this.#pause = scope.callout('worker restart', () => this.#restart());
    this.#pulse = scope.own(
      new Pulse({
        clock,
        limits,
        stalled: (silence) => void this.#stalled(silence),
        overloaded: (share) => this.#end(usage(share, limits)),
      }),
    );
  }

  /** Whether there is a module in a thread that can be asked. */
  get runs(): boolean {
    return this.#state === 'running';
  }

  info(): IsolationInfo {
    const lastEnd = this.#lastEnd;
    return {
      in: 'worker',
      state: this.#state,
      restarts: this.#restarts.count,
      queued: this.#forwarder.queued,
      dropped: this.#forwarder.dropped,
      ...(lastEnd !== undefined && { lastEnd }),
    };
  }

  /** When its thread of the moment was made: wall time, milliseconds since 1970. */
  get began(): number {
    return this.#began;
  }

  /** Starts the thread and the module in it. @throws what the module's start throws; ESTART when the thread ends */
  async start(settings: unknown, state: Json | undefined): Promise<void> {
    this.#settings = toValue(settings);
    await this.#begin(this.#make(), state);
  }

  /** Calls a method of the module, by value. @throws what it throws; ECLOSED when there is no thread, or it ends */
  call(method: string, args: readonly unknown[]): Promise<unknown> {
    const values = args.map(toValue);
    return this.#ask((id) => ({ type: 'call', id, method, args: values }));
  }

  /** Settings for threads to come. */
  settle(settings: unknown): void {
    this.#settings = toValue(settings);
  }

  /** Takes the module down in its thread, then ends the thread: after `stopMs` in any case. */
  end(end: ModuleEnd = 'unload'): Promise<void> {
    this.#ended ??= this.#takeDown(end);
    return this.#ended;
  }

  /** Ends the thread at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= Promise.resolve();
    this.#state = 'ended';
    this.#pause.stop();
    await this.#thread?.terminate('unloaded');
    this.#requests.ended();
    await this.#ended.catch(() => undefined);
  }

  /** @throws where the machine gives no more threads */
  #make(): Thread {
    const { scope, kernel, location, name, limits } = this.#services;
    this.#began = scope.clock.wallTime();
    const thread: Thread = new Thread({
      limits,
      location,
      module: name,
      kernel: kernel.name,
      clock: scope.clock,
      receive: (message) => this.#receive(thread, message),
      ended: (reason) => this.#threadEnded(thread, reason),
      lingers: (ms) => this.#lingers(ms),
    });
    this.#thread = thread;
    this.#pulse.watch(thread);
    return thread;
  }

  /** Starts the module in a thread. */
  async #begin(thread: Thread, state: Json | undefined): Promise<void> {
    const { kernel, depends } = this.#services;
    const offers = Object.fromEntries(depends.map((each) => [each, kernel.offers(each).methods]));
    const settings = this.#settings;
    await this.#ask((id) => ({ type: 'start', id, settings, state, offers }));
    if (this.#thread !== thread || this.#ended !== undefined) return;
    this.#state = 'running';
    this.#pulse.settled();
    this.#forwarder.open();
  }

  #ask(message: (id: number) => ToWorker): Promise<unknown> {
    return this.#pending.ask((id) => this.#toThread(message(id)));
  }

  /** @throws KldError ESTART when there is no thread */
  #toThread(message: ToWorker): void {
    if (this.#thread === undefined) throw this.#gone();
    this.#thread.post([message]);
  }

  #receive(thread: Thread, message: FromWorker): void {
    if (this.#thread !== thread) return;
    const { kernel } = this.#services;
    this.#pulse.alive();
    switch (message.type) {
      case 'answer':
      case 'failure':
        return this.#pending.settle(message);
      case 'handled':
        return this.#forwarder.handled(message.count);
      case 'listen':
        return this.#forwarder.listen(message.list, message.priority);
      case 'leave':
        return this.#forwarder.leave(message.list, message.priority);
      case 'sysctl':
        return this.#guarded(() => this.#sysctls.add(message));
      case 'sysctl-values':
        return this.#guarded(() => this.#sysctls.store(message.values));
      case 'verb':
        return this.#guarded(() => this.#verbs.add(message));
      case 'verb-gone':
        return this.#verbs.remove(message.name);
      case 'sysctl-gone':
        // One that goes with the module may have a successor, which is told of its value.
        return this.#ended === undefined ? this.#sysctls.remove(message.name, kernel.sysctl) : undefined;
      case 'pong':
        return;
      case 'uncaught':
        return thread.uncaught(message.error.message);
      default:
        return this.#requests.receive(message);
    }
  }

  /** A sysctl or a verb whose name is taken is no reason to end the module. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#services.log.limited('name').warning(describe(error));
    }
  }

  async #stalled(silence: number): Promise<void> {
    const thread = this.#thread!;
    this.#pulse.rest();
    const { memoryMb } = this.#services.limits;
    const time = { after: (ms: number, fn: () => void) => this.#after(ms, fn) };
    const found = await whereIs({ thread: thread.id, memoryMb, limit: STACK_MS, time });
    const where = found === undefined ? '' : ` ${found}`;
    // Another one may run by now: this one ended while it was looked at.
    if (this.#thread === thread) this.#end(`stood still for ${Math.round(silence)} ms${where}`);
  }

  #end(reason: string): void {
    this.#pulse.rest();
    void this.#thread?.terminate(reason);
  }

  #lingers(ms: number): void {
    this.#services.log
      .limited('lingers')
      .error(
        `its worker has not ended ${ms} ms after it was told to: it is in native code, or in a loop that nothing can ` +
          'interrupt, and takes a core until it returns; if it does not, restart the process',
      );
  }

  #threadEnded(thread: Thread, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#lastEnd = reason;
    this.#pulse.rest();
    this.#requests.ended();
    this.#verbs.clear();
    const lost = this.#forwarder.close();
    this.#pending.failAll(this.#gone());
    if (this.#ended !== undefined || this.#state === 'starting') return;
    this.#decide(lost === 0 ? reason : `${reason}; events lost with it: ${lost}`);
  }

  /** Whether the module is started again. */
  #decide(why: string): void {
    const { log, limits } = this.#services;
    const { restart } = limits;
    const attempt = this.#restarts.next();
    if (attempt === undefined) {
      this.#state = 'failed';
      log.error(
        `its worker ${why}; given up after ${restart.max} restarts within ${restart.withinMs} ms: unload it and load it again`,
      );
      this.#forwarder.giveUp();
      this.#pending.failAll(this.#gone());
      return;
    }
    this.#state = 'restarting';
    log.error(`its worker ${why}; restart ${attempt} of ${restart.max} in ${restart.delayMs} ms`);
    this.#pause.reset(restart.delayMs);
  }

  #restart(): void {
    let thread: Thread;
    try {
      thread = this.#make();
    } catch (error) {
      this.#lastEnd = `cannot be made: ${(error as Error).message}`;
      return this.#decide(this.#lastEnd);
    }
    // A start that fails has said so by then; the thread is ended, and the policy decides.
    this.#begin(thread, undefined).catch((error: Error) => this.#end(`did not start: ${error.message}`));
  }

  async #takeDown(end: ModuleEnd): Promise<void> {
    const { limits, log } = this.#services;
    this.#pause.stop();
    const thread = this.#thread;
    const before = this.#state;
    this.#state = 'ended';
    // Events whose answer somebody awaits wait for the next thread, and there is none.
    if (thread === undefined) return this.#pending.failAll(this.#gone());
    if (before === 'failed') return;
    let failure: unknown;
    const stopped = this.#ask((id) => ({ type: 'stop', id, end })).then(
      () => true,
      (error: unknown) => {
        failure = error;
        return true;
      },
    );
    if ((await this.#within(limits.stopMs, stopped)) === undefined)
      log.warning(`its worker did not stop within ${limits.stopMs} ms and is ended`);
    const gone = this.#thread === undefined;
    await thread.terminate('unloaded');
    if (failure !== undefined && !gone) throw failure;
  }

  async #within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    let expire = (): void => {};
    const expired = new Promise<undefined>((resolve) => {
      expire = () => resolve(undefined);
    });
    const callout = this.#after(ms, () => expire());
    try {
      return await Promise.race([work, expired]);
    } finally {
      callout[Symbol.dispose]();
    }
  }

  /** On the bare clock: the scope may be closed already. */
  #after(ms: number, fn: () => void): Callout {
    const { clock } = this.#services.kernel;
    const callout = clock.callout('worker deadline', fn);
    callout.reset(ms);
    return callout;
  }

  #gone(): CarpetError {
    const { name } = this.#services;
    const why = this.#lastEnd === undefined ? '' : `: it ${this.#lastEnd}`;
    return new KldError('ESTART', `${name}: its worker does not run${why}`, { module: name });
  }
}

function usage(share: number, { cpu = 1, cpuWindowMs }: WorkerLimits): string {
  const percent = (part: number): string => `${Math.round(part * 100)} %`;
  return `used ${percent(share)} of a core over ${cpuWindowMs} ms, of which ${percent(cpu)} are allowed`;
}
