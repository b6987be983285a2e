import {
  Answers,
  type CallManner,
  CarpetError,
  describe,
  type EventHandlerRegistry,
  type EventHandlerTag,
  type EventName,
  type Log,
  type RegisterOptions,
  type Scope,
  Veto,
} from '../../core/index.js';
import { EventQueue } from './event-queue.js';
import type { WorkerLimits } from './options.js';
import type { PendingCalls } from './pending.js';
import type { Asked, EventMessage, ToWorker } from './protocol.js';
import { toValues } from './values.js';

export interface ForwarderServices {
  readonly name: string;
  readonly scope: Scope;
  readonly eventhandler: EventHandlerRegistry;
  readonly log: Log;
  readonly limits: WorkerLimits;
  readonly post: (messages: readonly ToWorker[]) => void;
  readonly pending: PendingCalls;
}

/**
 * Events for a module in a thread. For each list and priority at which the module has handlers, one handler stands in the
 * kernel's list; nothing is copied for other lists.
 */
export class Forwarder {
  readonly #services: ForwarderServices;
  readonly #tags = new Map<string, EventHandlerTag>();
  readonly #queue: EventQueue;
  #dropped = 0;

  constructor(services: ForwarderServices) {
    const { limits, post } = services;
    this.#services = services;
    this.#queue = new EventQueue({
      max: limits.queue,
      post,
      overflow: (list) => this.#listOf(list).remote.overflow,
      dropped: (list) => this.#full(list),
    });
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** Events that were dropped or lost. */
  get dropped(): number {
    return this.#dropped;
  }

  listen(list: string, priority: number): void {
    const key = `${priority} ${list}`;
    if (this.#tags.has(key) || this.#services.scope.closed) return;
    const { name, scope } = this.#services;
    const options: RegisterOptions<unknown[]> = {
      name: `${name} in its worker`,
      priority,
      handler: (...args) => this.#forward(list, priority, args),
    };
    this.#tags.set(key, scope.register(list as EventName, options as never));
  }

  leave(list: string, priority: number): void {
    const key = `${priority} ${list}`;
    const tag = this.#tags.get(key);
    if (tag !== undefined) this.#services.eventhandler.deregisterNowait(list as EventName, tag);
    this.#tags.delete(key);
  }

  /** The thread listens. */
  open(): void {
    this.#queue.open();
  }

  /** The thread has ended. @returns how many events it had not handled */
  close(): number {
    const lost = this.#queue.close();
    this.#dropped += lost;
    return lost;
  }

  /** No thread will listen any more. */
  giveUp(): void {
    this.#dropped += this.#queue.size;
    this.#queue.clear();
    for (const key of this.#tags.keys()) {
      // A list's name may have blanks, a priority has none.
      const end = key.indexOf(' ');
      this.leave(key.slice(end + 1), Number(key.slice(0, end)));
    }
  }

  handled(count: number): void {
    this.#queue.handled(count);
  }

  #forward(list: string, priority: number, args: readonly unknown[]): unknown {
    const { manner, remote } = this.#listOf(list);
    if (manner.inquiry !== undefined) return this.#answer(list, priority, args, manner);
    const at = args.findIndex((arg) => arg instanceof Veto);
    const veto = args[at] as Veto | undefined;
    const event = this.#event(list, priority, args, at);
    if (event === undefined) {
      if (remote.unanswered === 'refuse') veto?.veto(`${this.#services.name} could not be asked`);
      return undefined;
    }
    if (manner.awaiting) return this.#ask(event, veto, remote.unanswered);
    if (remote.unanswered === 'refuse')
      veto?.veto(`${this.#services.name} runs in a worker and cannot answer at once`);
    this.#queue.push(event);
    return undefined;
  }

  /**
   * In a list with a result. What cannot be asked, or does not answer in time, counts as a handler that fails.
   * @throws CarpetError EWOULDBLOCK, EMSGSIZE, and as rejections ETIMEDOUT and what the handlers throw
   */
  #answer(
    list: string,
    priority: number,
    args: readonly unknown[],
    { awaiting, inquiry }: CallManner,
  ): Promise<unknown> {
    const { name } = this.#services;
    if (!awaiting)
      throw new CarpetError(
        'EWOULDBLOCK',
        `${name} runs in a worker and cannot answer at once: use invokeAsync`,
      );
    const { kind, failClosed } = inquiry!;
    const event: EventMessage = {
      type: 'event',
      list,
      priority,
      args: toValues(args),
      asked: { kind, failClosed },
    };
    return this.#answersTo(event);
  }

  async #answersTo(event: EventMessage): Promise<unknown> {
    const { name, limits } = this.#services;
    const answer = (await this.#within(limits.answerMs, event)) as Asked | undefined;
    if (answer === undefined)
      throw new CarpetError('ETIMEDOUT', `${name} did not answer within ${limits.answerMs} ms`);
    const { answers } = answer;
    if (!Array.isArray(answers) || answers.length === 0) return undefined;
    return answers.length === 1 ? answers[0] : new Answers(answers);
  }

  #event(list: string, priority: number, args: readonly unknown[], at: number): EventMessage | undefined {
    try {
      const values = toValues(at < 0 ? args : args.with(at, null));
      return { type: 'event', list, priority, args: values, ...(at >= 0 && { veto: at }) };
    } catch (error) {
      this.#dropped++;
      const { log, name } = this.#services;
      log.limited(`cross ${list}`).warning(`${list} does not reach ${name}: ${describe(error)}`);
      return undefined;
    }
  }

  /** Waits for the handlers in the thread; where they may refuse, until the deadline. */
  async #ask(event: EventMessage, veto: Veto | undefined, unanswered: 'refuse' | 'allow'): Promise<void> {
    const { pending, name, limits } = this.#services;
    if (veto === undefined)
      return void (await pending.ask((id) => this.#queue.push({ ...event, id })).catch(() => undefined));
    const { answerMs } = limits;
    const answer = await this.#within(answerMs, event).catch((error: unknown) => describe(error));
    if (answer === undefined && unanswered === 'refuse')
      veto.veto(`${name} did not answer within ${answerMs} ms`);
    else if (typeof answer === 'string' && unanswered === 'refuse') veto.veto(answer);
    else if (isRefusal(answer)) veto.veto(answer.reason);
  }

  /** @returns undefined when the answer takes longer: it is not wanted any more then */
  async #within(ms: number, event: EventMessage): Promise<unknown> {
    const { pending, scope } = this.#services;
    let asked = 0;
    let expire = (): void => {};
    const expired = new Promise<undefined>((resolve) => {
      expire = () => resolve(undefined);
    });
    const callout = scope.callout('answer', () => expire());
    callout.reset(ms);
    try {
      const answer = pending.ask((id) => this.#queue.push({ ...event, id: (asked = id) }));
      return await Promise.race([answer, expired]);
    } finally {
      pending.forget(asked);
      callout[Symbol.dispose]();
    }
  }

  #listOf(list: string) {
    return this.#services.eventhandler.defineList(list as EventName);
  }

  #full(list: string): void {
    this.#dropped++;
    const { name, log, limits } = this.#services;
    const which = this.#listOf(list).remote.overflow;
    log
      .limited(`full ${list}`, 10_000)
      .warning(
        () => `${name} does not keep up: ${limits.queue} events wait, the ${which} of ${list} is dropped`,
      );
  }
}

/** What the thread answers for the handlers of an event with a veto. */
function isRefusal(answer: unknown): answer is { reason: string } {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    typeof (answer as { reason?: unknown }).reason === 'string'
  );
}
