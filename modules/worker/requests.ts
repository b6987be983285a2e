import {
  CalloutError,
  EventHandlerError,
  type EventName,
  type Kernel,
  LOG_LEVELS,
  type Log,
  TaskError,
  Veto,
} from '../../core/index.js';
import { errorOf } from './failure.js';
import { Loans } from './loans.js';
import { answerTo } from './pending.js';
import type { FromWorker, ToWorker } from './protocol.js';

type Invoke = Extract<FromWorker, { type: 'invoke' }>;
type Request = Extract<
  FromWorker,
  { type: 'invoke' | 'offer' | 'give-back' | 'sysctl-access' | 'log' | 'fault' }
>;

export interface RequestsServices {
  readonly kernel: Kernel;
  readonly log: Log;
  readonly name: string;
  /** The modules whose offers it may use. */
  readonly depends: () => readonly string[];
  readonly post: (messages: readonly ToWorker[]) => void;
}

/** What a module in a thread asks of the kernel: lists that it invokes, offers that it calls, sysctls, its log. */
export class Requests {
  readonly #services: RequestsServices;
  #loans = new Loans();

  constructor(services: RequestsServices) {
    this.#services = services;
  }

  /** Never throws. */
  receive(message: Request): void {
    const { kernel, log } = this.#services;
    switch (message.type) {
      case 'invoke':
        return this.#invoke(message);
      case 'offer':
        return this.#lend(message);
      case 'give-back':
        return this.#loans.giveBack(message.lent);
      case 'sysctl-access': {
        const { id, name, write } = message;
        const { sysctl } = kernel;
        return this.#answer(id, () =>
          write === undefined ? sysctl.read(name) : sysctl.write(name, write.value),
        );
      }
      case 'log': {
        const level = LOG_LEVELS.includes(message.level) ? message.level : 'info';
        return log.child(String(message.module)).write(level, String(message.message), message.fields);
      }
      case 'fault':
        return kernel.report(faultOf(message));
    }
  }

  /** The thread has ended: what it got from offers is disposed of. */
  ended(): void {
    this.#loans[Symbol.dispose]();
    this.#loans = new Loans();
  }

  #invoke({ list, args, id, veto: at }: Invoke): void {
    const { eventhandler } = this.#services.kernel;
    const name = list as EventName;
    if (id === undefined) return eventhandler.invoke(name, ...(args as never));
    this.#answer(id, async () => {
      const veto = new Veto();
      const all = at === undefined ? args : args.with(at, veto);
      await eventhandler.invokeAsync(name, ...(all as never));
      return { reason: veto.reason };
    });
  }

  #offer({ module, method, args }: Extract<FromWorker, { type: 'offer' }>): Promise<unknown> {
    const { kernel, name, depends } = this.#services;
    if (!depends().includes(module)) throw new Error(`${name} does not depend on ${module}`);
    return kernel.offers(module).call(method, args);
  }

  /** A result that is to be disposed of stays here, and the thread gets its number. */
  #lend(message: Extract<FromWorker, { type: 'offer' }>): void {
    let lent: number | undefined;
    const loans = this.#loans;
    const work = async (): Promise<unknown> => {
      const result = await this.#offer(message);
      lent = loans.lend(result);
      return result;
    };
    void answerTo(message.id, work).then((answer) =>
      this.#services.post([answer.type === 'answer' && lent !== undefined ? { ...answer, lent } : answer]),
    );
  }

  #answer(id: number, work: () => unknown): void {
    void answerTo(id, work).then((answer) => this.#services.post([answer]));
  }
}

function faultOf({ kind, owner = '', event, name, priority, cause }: Extract<FromWorker, { type: 'fault' }>) {
  if (kind === 'task') return new TaskError(name, owner, errorOf(cause));
  if (kind === 'callout') return new CalloutError(name, owner, errorOf(cause));
  return new EventHandlerError(event, { handler: name, priority, owner }, errorOf(cause));
}
