import type { MessagePort } from 'node:worker_threads';
import { problem } from '../problem.js';
import type {
  AnswerForm,
  KernelMessage,
  OfferedVerb,
  Peer,
  Problem,
  ServerLimits,
  ServerMessage,
} from '../protocol.js';
import { Places } from './places.js';

/** A call that is sent at the end of this turn. */
type FreshCall = Extract<ServerMessage, { type: 'call' }> & { callers: number };

/** What a caller hears of its call. */
export interface Reply {
  /** @param body which others may share */
  answer(body: Buffer): void;
  refuse(problem: Problem): void;
  item(body: string): void;
  end(problem: Problem | undefined): void;
}

/** One of those who ask for the same. */
interface Caller {
  readonly reply: Reply;
  /** Given back when it has its answer. */
  readonly place: Disposable;
}

/** A call under way, from the server's side. */
export interface PendingCall {
  /** Grants room for more items of a stream. */
  more(count: number): void;
  /** The caller has gone; nothing more of this call is wanted. */
  cancel(): void;
}

/**
 * The server's end of the channel to the kernel: numbers the calls, and gives each answer to those who asked. What was
 * asked in one turn of the loop is sent at its end, and reads that ask for the very same are sent as one call: so the
 * answer that they share was made after the last of them had come.
 */
export class KernelLink {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Caller[]>();
  readonly #places: Places;
  readonly #outgoing: ServerMessage[] = [];
  /** The reads of this turn, by what they ask for: they have not been sent yet. */
  readonly #fresh = new Map<string, FreshCall>();
  #verbs = new Map<string, OfferedVerb>();
  #last = 0;

  constructor(port: MessagePort, { calls, callsPerUser }: Pick<ServerLimits, 'calls' | 'callsPerUser'>) {
    this.#port = port;
    this.#places = new Places(calls, callsPerUser);
  }

  get verbs(): ReadonlyMap<string, OfferedVerb> {
    return this.#verbs;
  }

  /** @returns undefined when the kernel is asked too much already: the caller has been refused then */
  call(
    verb: OfferedVerb,
    input: unknown,
    form: AnswerForm,
    peer: Peer,
    reply: Reply,
  ): PendingCall | undefined {
    const place = this.#places.take(peer.uid);
    if (place === undefined) {
      reply.refuse(problem(503, this.#places.refusal(peer.uid, 'calls and streams')));
      return undefined;
    }
    const key = isShareable(verb) ? JSON.stringify([verb.name, form, input]) : undefined;
    const id = this.#join(key) ?? this.#begin(verb.name, input, form, peer, key);
    this.#pending.get(id)!.push({ reply, place });
    return {
      more: (count) => this.#send({ type: 'more', id, count }),
      cancel: () => this.#cancel(id, reply),
    };
  }

  receive(message: KernelMessage): void {
    if (message.type === 'verbs') this.#verbs = new Map(message.verbs.map((verb) => [verb.name, verb]));
    else if (message.type === 'answer') {
      const body = Buffer.from(message.body);
      for (const reply of message.ids.flatMap((id) => this.#take(id))) reply.answer(body);
    } else if (message.type === 'refusal') {
      for (const reply of message.ids.flatMap((id) => this.#take(id))) reply.refuse(message.problem);
    } else if (message.type === 'item') {
      for (const { reply } of this.#pending.get(message.id) ?? []) reply.item(message.body);
    } else if (message.type === 'end') {
      for (const reply of this.#take(message.id)) reply.end(message.problem);
    }
  }

  #join(key: string | undefined): number | undefined {
    const call = key === undefined ? undefined : this.#fresh.get(key);
    if (call === undefined || !this.#pending.has(call.id)) return undefined;
    call.callers++;
    return call.id;
  }

  #begin(verb: string, input: unknown, form: AnswerForm, peer: Peer, key: string | undefined): number {
    const id = ++this.#last;
    this.#pending.set(id, []);
    const call: FreshCall = { type: 'call', id, verb, input, form, peer, callers: 1 };
    if (key !== undefined) this.#fresh.set(key, call);
    this.#send(call);
    return id;
  }

  #take(id: number): Reply[] {
    const callers = this.#pending.get(id) ?? [];
    this.#pending.delete(id);
    for (const { place } of callers) place[Symbol.dispose]();
    return callers.map(({ reply }) => reply);
  }

  #cancel(id: number, reply: Reply): void {
    const callers = this.#pending.get(id);
    const at = callers?.findIndex((each) => each.reply === reply) ?? -1;
    if (callers === undefined || at < 0) return;
    const [{ place }] = callers.splice(at, 1) as [Caller];
    place[Symbol.dispose]();
    if (callers.length > 0) return;
    this.#pending.delete(id);
    this.#send({ type: 'cancel', id });
  }

  #send(message: ServerMessage): void {
    if (this.#outgoing.length === 0) setImmediate(() => this.#flush());
    this.#outgoing.push(message);
  }

  #flush(): void {
    this.#fresh.clear();
    for (const message of this.#outgoing.splice(0)) this.#port.postMessage(message);
  }
}

function isShareable({ access, stream }: OfferedVerb): boolean {
  return access === 'read' && !stream;
}
