import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { CarpetError, type Log, printable, type Scope, type Verb, type VerbCall } from '../../core/index.js';
import type { WorkerLimits } from './options.js';
import type { PendingCalls } from './pending.js';
import { MAX_SCHEMA, MAX_VERBS, type ToWorker, type VerbMessage } from './protocol.js';
import { toValue } from './values.js';

/** Calls of one module's verbs that are being carried out: a verb that never answers keeps no more from others. */
const MAX_CALLS = 32;

const line = (max: number) => v.pipe(v.string(), v.maxLength(max), v.transform(printable));
const word = v.pipe(v.string(), v.regex(/^\w[\w-]{0,63}(\.\.\.)?$/));

/** What a thread says of a verb is shown to operators: short, and without what steers a terminal. */
const offerSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(100)),
  summary: line(200),
  access: v.picklist(['read', 'write']),
  stream: v.boolean(),
  positional: v.pipe(v.array(word), v.maxLength(16)),
  contentType: v.optional(line(100)),
  hasText: v.boolean(),
  schema: v.optional(v.pipe(v.string(), v.maxLength(MAX_SCHEMA))),
});

const itemSchema = v.union([
  v.object({ done: v.literal(true) }),
  v.object({ done: v.literal(false), item: v.unknown() }),
]);

type Offer = v.InferOutput<typeof offerSchema>;

export interface VerbMirrorServices {
  readonly name: string;
  readonly scope: Scope;
  readonly log: Log;
  readonly limits: WorkerLimits;
  readonly pending: PendingCalls;
  /** @throws CarpetError ECLOSED when there is no thread */
  readonly post: (message: ToWorker) => void;
}

/**
 * The verbs of a module in a thread, among the kernel's. Their input is checked in the thread, which has the schema; an
 * answer that does not come in time is given up, and the verb's signal aborts.
 */
export class VerbMirror {
  readonly #services: VerbMirrorServices;
  readonly #offered = new Map<string, Disposable>();
  #calls = 0;

  constructor(services: VerbMirrorServices) {
    this.#services = services;
  }

  /** @throws VerbError EEXIST, EINVAL; CarpetError EINVAL for what is no description of a verb */
  add(message: VerbMessage): void {
    const { scope, name } = this.#services;
    const { success, output: offer } = v.safeParse(offerSchema, message);
    if (!success || this.#offered.size >= MAX_VERBS)
      throw new CarpetError('EINVAL', `${name}: a verb that its worker offers is refused`);
    this.#offered.set(offer.name, scope.verb(this.#make(offer) as never));
  }

  remove(name: string): void {
    this.#offered.get(name)?.[Symbol.dispose]();
    this.#offered.delete(name);
  }

  /** The thread has ended. */
  clear(): void {
    for (const name of this.#offered.keys()) this.remove(name);
  }

  #make({ hasText, schema, stream, contentType, ...offer }: Offer): Verb {
    const input = schema === undefined ? undefined : checkedThere(schema);
    const common = { ...offer, ...(input && { input }), ...(hasText && { text: lines }) };
    const { name } = offer;
    if (stream) return { ...common, stream, run: (given, call) => this.#items(name, given, call) };
    return {
      ...common,
      ...(contentType !== undefined && { contentType }),
      run: (given, call) => this.#answer(name, given, call),
    };
  }

  async #answer(name: string, input: unknown, call: VerbCall): Promise<unknown> {
    using run = this.#begin(name, input, call);
    return await run.within(this.#services.limits.verbMs);
  }

  async *#items(name: string, input: unknown, call: VerbCall): AsyncGenerator {
    using run = this.#begin(name, input, call);
    await run.within(this.#services.limits.verbMs);
    for (;;) {
      const next = v.parse(itemSchema, await run.next());
      if (next.done) return;
      yield next.item;
    }
  }

  /** @throws CarpetError EBUSY when too many are being carried out */
  #begin(name: string, input: unknown, call: VerbCall): VerbRun {
    if (this.#calls >= MAX_CALLS)
      throw new CarpetError(
        'EBUSY',
        `${name}: ${MAX_CALLS} calls of the verbs of ${this.#services.name} wait for its worker: ask again later`,
      );
    this.#calls++;
    return new VerbRun(this.#services, { name, input: toValue(input), call }, () => this.#calls--);
  }
}

/** One call of a verb in a thread. */
class VerbRun implements Disposable {
  readonly #services: VerbMirrorServices;
  readonly #name: string;
  readonly #signal: AbortSignal;
  readonly #ended: () => void;
  readonly #begun: Promise<unknown>;
  #of = 0;
  /** The question that waits for its answer. */
  #asked = 0;

  constructor(
    services: VerbMirrorServices,
    { name, input, call }: { readonly name: string; readonly input: unknown; readonly call: VerbCall },
    ended: () => void,
  ) {
    this.#services = services;
    this.#name = name;
    this.#signal = call.signal;
    this.#ended = ended;
    const { caller, form } = call;
    this.#begun = this.#ask((id) => ({ type: 'verb-run', id, name, input, caller, form }));
    this.#of = this.#asked;
  }

  /** @throws what the verb throws; CarpetError ETIMEDOUT; the caller's reason when that has gone */
  async within(ms: number): Promise<unknown> {
    let expire = (): void => {};
    const expired = new Promise<never>((_, reject) => {
      const error = new CarpetError('ETIMEDOUT', `${this.#name} did not answer within ${ms} ms`);
      expire = () => reject(error);
    });
    using callout = this.#services.scope.clock.callout(`verb ${this.#name}`, () => expire());
    callout.reset(ms);
    return await this.#unlessLeft(Promise.race([this.#begun, expired]));
  }

  next(): Promise<unknown> {
    const of = this.#of;
    return this.#unlessLeft(this.#ask((id) => ({ type: 'verb-next', id, of })));
  }

  [Symbol.dispose](): void {
    const { pending, post } = this.#services;
    this.#begun.catch(() => undefined);
    pending.forget(this.#asked);
    this.#ended();
    try {
      post({ type: 'verb-end', of: this.#of });
    } catch {
      // The thread has ended, and the call with it.
    }
  }

  #ask(message: (id: number) => ToWorker): Promise<unknown> {
    const { pending, post } = this.#services;
    return pending.ask((id) => {
      this.#asked = id;
      post(message(id));
    });
  }

  async #unlessLeft(work: Promise<unknown>): Promise<unknown> {
    const signal = this.#signal;
    signal.throwIfAborted();
    let abort = (): void => {};
    const left = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason);
    });
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([work, left]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** The input of a verb whose module checks it in its thread: only what it says of itself is known here. */
function checkedThere(schema: string): StandardSchemaV1<unknown, unknown> {
  const printed = (key: string, value: unknown): unknown => {
    if (key.length > 100 || printable(key) !== key) return undefined;
    return typeof value === 'string' ? printable(value) : value;
  };
  const json = JSON.parse(schema, printed) as Record<string, unknown>;
  const said = { input: () => json, output: () => json };
  const standard: StandardSchemaV1.Props<unknown, unknown> & Pick<StandardJSONSchemaV1.Props, 'jsonSchema'> =
    {
      version: 1,
      vendor: 'carpet',
      validate: (value) => ({ value }),
      jsonSchema: said,
    };
  return { '~standard': standard };
}

/** The text that the verb has made in its thread. */
function lines(shown: unknown): string {
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown, null, 2);
  return text.split('\n').map(printable).join('\n');
}
