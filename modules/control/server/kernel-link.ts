import type { MessagePort } from 'node:worker_threads';
import { problem } from '../problem.js';
import type { AnswerForm, KernelMessage, OfferedVerb, Peer, Problem, ServerMessage } from '../protocol.js';

/** What a caller hears of its call. */
export interface Reply {
  answer(body: string): void;
  refuse(problem: Problem): void;
  item(body: string): void;
  end(problem: Problem | undefined): void;
}

/** A call under way, from the server's side. */
export interface PendingCall {
  /** Grants room for more items of a stream. */
  more(count: number): void;
  /** The caller has gone; nothing more of this call is wanted. */
  cancel(): void;
}

/** The server's end of the channel to the kernel: numbers the calls, and gives each answer to whoever asked. */
export class KernelLink {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Reply>();
  readonly #maxCalls: number;
  #verbs = new Map<string, OfferedVerb>();
  #last = 0;

  constructor(port: MessagePort, maxCalls: number) {
    this.#port = port;
    this.#maxCalls = maxCalls;
  }

  get verbs(): ReadonlyMap<string, OfferedVerb> {
    return this.#verbs;
  }

  /** @returns undefined when the kernel is asked too much already: the caller has been refused then */
  call(verb: string, input: unknown, form: AnswerForm, peer: Peer, reply: Reply): PendingCall | undefined {
    if (this.#pending.size >= this.#maxCalls) {
      reply.refuse(problem(503, 'too many calls are waiting: try again in a moment'));
      return undefined;
    }
    const id = ++this.#last;
    this.#pending.set(id, reply);
    this.#send({ type: 'call', id, verb, input, form, peer });
    return {
      more: (count) => this.#send({ type: 'more', id, count }),
      cancel: () => {
        if (this.#pending.delete(id)) this.#send({ type: 'cancel', id });
      },
    };
  }

  receive(message: KernelMessage): void {
    if (message.type === 'verbs') this.#verbs = new Map(message.verbs.map((verb) => [verb.name, verb]));
    if (!('id' in message)) return;
    const reply = this.#pending.get(message.id);
    if (message.type !== 'item') this.#pending.delete(message.id);
    if (message.type === 'answer') reply?.answer(message.body);
    else if (message.type === 'refusal') reply?.refuse(message.problem);
    else if (message.type === 'item') reply?.item(message.body);
    else if (message.type === 'end') reply?.end(message.problem);
  }

  #send(message: ServerMessage): void {
    this.#port.postMessage(message);
  }
}
