import { EventHandlerError, type KernelFault, type LogRecord, TaskError, Veto } from '../../../core/index.js';
import { failureOf } from '../failure.js';
import { PendingCalls } from '../pending.js';
import type { Answer, FromWorker, SysctlMessage, VerbMessage } from '../protocol.js';
import { toValue, toValues } from '../values.js';
import type { Channel } from './channel.js';
import type { Relay } from './registry.js';
import type { SysctlAccess } from './sysctl.js';
import type { VerbShow } from './verbs.js';

/** Lists that the kernel outside invokes for this module too. */
const KERNELS_OWN = /^(kld_|shutdown_)/;

/** The kernel outside, as the kernel in the thread reaches it. */
export class Outside implements Relay, SysctlAccess, VerbShow {
  readonly #channel: Channel;
  readonly #pending = new PendingCalls();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  settle(answer: Answer): void {
    const lent = answer.type === 'answer' ? answer.lent : undefined;
    if (lent === undefined) return this.#pending.settle(answer);
    const value = { ...(answer as { value: object }).value, [Symbol.dispose]: () => this.#giveBack(lent) };
    this.#pending.settle({ ...answer, value } as Answer);
  }

  invoke(list: string, args: readonly unknown[]): void {
    if (KERNELS_OWN.test(list)) return;
    this.#channel.send({ type: 'invoke', list, args: toValues(args) });
  }

  async invokeAsync(list: string, args: readonly unknown[]): Promise<void> {
    if (KERNELS_OWN.test(list)) return;
    const at = args.findIndex((arg) => arg instanceof Veto);
    const values = toValues(at < 0 ? args : args.with(at, null));
    const veto = at < 0 ? {} : { veto: at };
    const answer = await this.#ask((id) => ({ type: 'invoke', list, args: values, id, ...veto }));
    const { reason } = answer as { reason: string | undefined };
    if (reason !== undefined) (args[at] as Veto).veto(reason);
  }

  call(module: string, method: string, args: readonly unknown[]): Promise<unknown> {
    const values = toValues(args);
    return this.#ask((id) => ({ type: 'offer', id, module, method, args: values }));
  }

  made(message: SysctlMessage): void {
    this.#channel.send(message);
  }

  gone(name: string): void {
    this.#channel.reply({ type: 'sysctl-gone', name });
  }

  offered(message: VerbMessage): void {
    this.#channel.send(message);
  }

  withdrawn(name: string): void {
    this.#channel.reply({ type: 'verb-gone', name });
  }

  access(name: string, write?: { readonly value: unknown }): Promise<unknown> {
    return this.#ask((id) => ({ type: 'sysctl-access', id, name, ...(write && { write }) }));
  }

  /** A line that is too many or too long is dropped. */
  log({ level, module, message, fields }: LogRecord): void {
    this.#try({
      type: 'log',
      level,
      module,
      message: message.slice(0, 4_000),
      fields: toValue(fields) as LogRecord['fields'],
    });
  }

  fault(error: KernelFault): void {
    const { owner } = error;
    const cause = failureOf(error.cause);
    if (error instanceof EventHandlerError) {
      const { event, handler: name, priority } = error;
      return this.#try({ type: 'fault', kind: 'handler', owner, event, name, priority, cause });
    }
    const [kind, name] =
      error instanceof TaskError ? (['task', error.task] as const) : (['callout', error.callout] as const);
    this.#try({ type: 'fault', kind, owner, event: '', name, priority: 0, cause });
  }

  #giveBack(lent: number): void {
    this.#channel.reply({ type: 'give-back', lent });
  }

  #try(message: FromWorker): void {
    try {
      this.#channel.send(message);
    } catch {
      // There is nobody to tell.
    }
  }

  #ask(message: (id: number) => FromWorker): Promise<unknown> {
    return this.#pending.ask((id) => this.#channel.send(message(id)));
  }
}
