/**
 * @module
 * The kernel's end of the control socket: carries out the calls that the server's thread passes on. The protocols that
 * live in this thread come first: one call is begun a turn of the event loop, and after one that took long the next
 * waits, so that a flood of requests takes a quarter of the thread at most. Calls that ask for the very same while
 * they wait share one answer; where many do, the next one waits until as many have come, since each answer is garbage that
 * has to be collected, which holds the thread for longer than a call.
 */
import {
  type Callout,
  CarpetError,
  type Clock,
  type Verb,
  type VerbCall,
  type VerbInfo,
  type Verbs,
} from '../../core/index.js';
import { type JsonSchema, jsonSchemaOf } from '../json-schema/index.js';
import { problem, problemOf } from './problem.js';
import type { KernelMessage, OfferedVerb, ServerMessage } from './protocol.js';

type Send = (message: KernelMessage) => void;
type Call = Extract<ServerMessage, { type: 'call' }>;

/** How many times as long as a call took the next one waits, so that calls take one part in four of the time. */
const REST_RATIO = 3;
/** Calls shorter than this, in milliseconds, need no rest. */
const SHORT_MS = 0.2;
const MAX_REST_MS = 50;
/** An answer that so many callers share was asked for by a crowd. */
const CROWD = 4;
/** How long a crowd gathers before the next answer, in milliseconds. */
const CROWD_MS = 5;
/** Bytes of an answer: what does not fit into the heap of the server's thread ends the whole process. */
const MAX_ANSWER = 16 * 1024 * 1024;

const REPLACED = problem(503, 'another process has taken the place of this kernel: ask again', 'EAGAIN');

/** A stream that is being read. */
interface Flow {
  readonly abort: AbortController;
  /** Items that the reader has room for. */
  room: number;
  wake: () => void;
}

export interface BridgeServices {
  readonly verbs: Verbs;
  readonly clock: Clock;
  readonly send: Send;
}

export class Bridge implements Disposable {
  readonly #verbs: Verbs;
  readonly #clock: Clock;
  readonly #send: Send;
  readonly #queue: Call[] = [];
  readonly #flows = new Map<number, Flow>();
  readonly #rest: Callout;
  readonly #watch: Disposable;
  /** By what they say it of: conversion takes longer than all else of an offer. */
  readonly #schemas = new WeakMap<object, JsonSchema>();
  #turnDue = false;
  /** The latest answer was for a crowd. */
  #crowded = false;
  /** When the next call may begin, whether it has come by now or not. */
  #restsUntil = Number.NEGATIVE_INFINITY;
  #offerDue = false;
  #closed = false;
  #retired = false;
  /** Counts the servers: each numbers its calls from 1. */
  #server = 0;

  constructor({ verbs, clock, send }: BridgeServices) {
    this.#verbs = verbs;
    this.#clock = clock;
    this.#send = send;
    this.#rest = clock.callout('control rest', () => this.#turn());
    this.#watch = verbs.onChange(() => this.offer());
  }

  /** Tells the server which verbs there are: once for all that come and go in one turn. */
  offer(): void {
    if (this.#offerDue) return;
    this.#offerDue = true;
    queueMicrotask(() => {
      this.#offerDue = false;
      if (!this.#closed)
        this.#send({ type: 'verbs', verbs: this.#verbs.list().map((info) => this.#offered(info)) });
    });
  }

  #offered({ input, ...rest }: VerbInfo): OfferedVerb {
    if (input === undefined) return { ...rest, input };
    let schema = this.#schemas.get(input);
    if (schema === undefined) this.#schemas.set(input, (schema = jsonSchemaOf(input) ?? { type: 'object' }));
    return { ...rest, input: schema };
  }

  receive(message: ServerMessage): void {
    if (message.type === 'call') this.#enqueue(message);
    else if (message.type === 'cancel') this.#cancel(message.id);
    else if (message.type === 'more') this.#more(message.id, message.count);
  }

  /** The server has ended: nobody waits for anything any more. */
  reset(): void {
    this.#queue.length = 0;
    for (const id of this.#flows.keys()) this.#cancel(id);
    this.#flows.clear();
    this.#server++;
  }

  /** Another process has taken this kernel's place, and listens by now: what is asked here is asked there again. */
  retire(): void {
    this.#retired = true;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.reset();
    this.#rest[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
  }

  /** The caller may grant room, and leave, before its turn comes. */
  #enqueue(call: Call): void {
    this.#queue.push(call);
    this.#flows.set(call.id, { abort: new AbortController(), room: 0, wake: () => undefined });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#turnDue || this.#queue.length === 0) return;
    this.#turnDue = true;
    const restMs = this.#restsUntil - this.#clock.now();
    if (restMs > 0) this.#rest.reset(restMs);
    else setImmediate(() => this.#turn());
  }

  /**
   * Begins one call. What it took is known in the loop's next turn, when its promises have run as far as they can at
   * once; other work of this turn counts too, since a loop that is busy needs the rest as much.
   */
  #turn(): void {
    const call = this.#closed ? undefined : this.#queue.shift();
    if (call === undefined) {
      this.#turnDue = false;
      return;
    }
    const began = this.#clock.now();
    this.#crowded = false;
    this.#begin(call);
    setImmediate(() => {
      const now = this.#clock.now();
      this.#turnDue = false;
      this.#restsUntil = now + this.#restAfter(now - began);
      if (!this.#closed) this.#schedule();
    });
  }

  #restAfter(took: number): number {
    const rest = took < SHORT_MS ? 0 : Math.min(took * REST_RATIO, MAX_REST_MS);
    return this.#crowded ? Math.max(rest, CROWD_MS) : rest;
  }

  #begin(call: Call): void {
    const flow = this.#flows.get(call.id)!;
    if (this.#retired) {
      this.#flows.delete(call.id);
      return this.#send({ type: 'refusal', ids: [call.id], problem: REPLACED });
    }
    let verb: Verb;
    try {
      verb = this.#verbs.find(call.verb);
    } catch (error) {
      this.#flows.delete(call.id);
      return this.#send({ type: 'refusal', ids: [call.id], problem: problemOf(error) });
    }
    const run = { caller: call.peer, signal: flow.abort.signal, form: call.form };
    const send = this.#toServer();
    const done = verb.stream
      ? this.#stream(call, verb, run, flow, send)
      : this.#answer(call, verb, run, send);
    void done.finally(() => {
      if (this.#flows.get(call.id) === flow) this.#flows.delete(call.id);
    });
  }

  /** To the server of now alone: a call that outlives it must not answer one of the next server's with its number. */
  #toServer(): Send {
    const server = this.#server;
    return (message) => {
      if (server === this.#server) this.#send(message);
    };
  }

  async #answer(call: Call, verb: Verb, run: VerbCall, send: Send): Promise<void> {
    const calls = [call, ...(verb.access === 'read' ? this.#takeAlike(call) : [])];
    const ids = calls.map(({ id }) => id);
    this.#crowded = calls.reduce((sum, { callers }) => sum + callers, 0) >= CROWD;
    try {
      const output = await this.#verbs.invoke(call.verb, call.input, run);
      const body = call.form === 'text' && verb.text !== undefined ? lines(verb.text(output)) : json(output);
      send({ type: 'answer', ids, body: bounded(body) });
    } catch (error) {
      send({ type: 'refusal', ids, problem: problemOf(error) });
    }
  }

  async #stream(call: Call, verb: Verb, run: VerbCall, flow: Flow, send: Send): Promise<void> {
    const { id, form } = call;
    try {
      for await (const item of (await this.#verbs.invoke(
        call.verb,
        call.input,
        run,
      )) as AsyncIterable<unknown>) {
        await room(flow);
        if (run.signal.aborted) break;
        const text = form === 'text' && verb.text !== undefined ? verb.text(item) : JSON.stringify(item);
        send({ type: 'item', id, body: bounded(text) });
      }
      send({ type: 'end', id });
    } catch (error) {
      send({ type: 'end', id, problem: problemOf(error) });
    }
  }

  /** The calls in the queue that this one's answer answers too. */
  #takeAlike({ verb, input, form }: Call): Call[] {
    if (this.#queue.length === 0) return [];
    const wanted = JSON.stringify(input);
    const alike = this.#queue.filter(
      (call) => call.verb === verb && call.form === form && JSON.stringify(call.input) === wanted,
    );
    for (const call of alike) {
      this.#queue.splice(this.#queue.indexOf(call), 1);
      this.#flows.delete(call.id);
    }
    return alike;
  }

  #cancel(id: number): void {
    const flow = this.#flows.get(id);
    if (flow === undefined) return;
    const waiting = this.#queue.findIndex((call) => call.id === id);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      this.#flows.delete(id);
    }
    flow.abort.abort(problem(503, 'the caller has gone'));
    flow.wake();
  }

  #more(id: number, count: number): void {
    const flow = this.#flows.get(id);
    if (flow === undefined) return;
    flow.room += count;
    flow.wake();
  }
}

/** Waits until the reader has room for one more item, or has gone. */
async function room(flow: Flow): Promise<void> {
  while (flow.room === 0 && !flow.abort.signal.aborted) {
    await new Promise<void>((wake) => {
      flow.wake = wake;
    });
  }
  flow.room--;
}

/** @throws CarpetError EMSGSIZE */
function bounded(body: string): string {
  const bytes = Buffer.byteLength(body);
  if (bytes <= MAX_ANSWER) return body;
  const [size, limit] = [bytes, MAX_ANSWER].map((length) => (length / 2 ** 20).toFixed(1));
  throw new CarpetError('EMSGSIZE', `the answer has ${size} MiB, and ${limit} at most fit: ask for less`);
}

function json(output: unknown): string {
  return `${JSON.stringify(output ?? null)}\n`;
}

function lines(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
