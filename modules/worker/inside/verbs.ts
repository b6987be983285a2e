import { CarpetError, type Verb, type VerbCall, type VerbEntry, Verbs } from '../../../core/index.js';
import { jsonSchemaOf } from '../../json-schema/index.js';
import { MAX_SCHEMA, MAX_VERBS, type VerbItem, type VerbMessage, type VerbRunMessage } from '../protocol.js';

/** Shows verbs in the kernel outside. */
export interface VerbShow {
  offered(message: VerbMessage): void;
  withdrawn(name: string): void;
}

/** A call of a verb that is being carried out. */
interface Run {
  readonly abort: AbortController;
  readonly form: VerbCall['form'];
  items?: AsyncIterator<unknown>;
  text?: ((output: never) => string) | undefined;
}

/** The verbs of a kernel in a thread: the kernel outside offers them, and has them carried out here. */
export class RelayedVerbs extends Verbs {
  readonly #outside: VerbShow;
  /** By the number of the call. */
  readonly #runs = new Map<number, Run>();
  #count = 0;

  constructor(outside: VerbShow) {
    super();
    this.#outside = outside;
  }

  /** @throws CarpetError ENOSPC for too many, EMSGSIZE for a schema that is too large */
  override put(entry: VerbEntry): void {
    const { verb } = entry;
    if (this.#count >= MAX_VERBS)
      throw new CarpetError('ENOSPC', `${verb.name}: a module in a worker has at most ${MAX_VERBS} verbs`);
    const message = messageOf(verb);
    super.put(entry);
    this.#count++;
    try {
      this.#outside.offered(message);
    } catch (error) {
      this.lift(entry);
      throw error;
    }
  }

  override lift(entry: VerbEntry): boolean {
    if (!super.lift(entry)) return false;
    this.#count--;
    this.#outside.withdrawn(entry.verb.name);
    return true;
  }

  /** Carries a verb out. Of a stream it only makes the items ready. @throws what the verb throws; VerbError */
  async run({ id, name, input, caller, form }: VerbRunMessage): Promise<unknown> {
    const verb = this.find(name);
    const run: Run = { abort: new AbortController(), form, text: verb.text?.bind(verb) };
    this.#runs.set(id, run);
    try {
      const { signal } = run.abort;
      const output = await this.invoke(name, input, { caller, signal, ...(form && { form }) });
      if (!verb.stream) return shown(run, output);
      run.items = (output as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      if (signal.aborted) this.#leave(run);
      return undefined;
    } catch (error) {
      this.#runs.delete(id);
      throw error;
    } finally {
      if (!verb.stream) this.#runs.delete(id);
    }
  }

  /** The next item of a stream. @throws what the stream throws */
  async next(of: number): Promise<VerbItem> {
    const run = this.#runs.get(of);
    const next = await run?.items?.next();
    if (run === undefined || next === undefined || next.done === true) {
      this.#runs.delete(of);
      return { done: true };
    }
    return { done: false, item: shown(run, next.value) };
  }

  /** The caller has gone, or waits no longer. */
  end(of: number): void {
    const run = this.#runs.get(of);
    if (run === undefined) return;
    this.#runs.delete(of);
    run.abort.abort(new CarpetError('ECLOSED', 'the caller waits no longer'));
    this.#leave(run);
  }

  /** Ends the generator, as leaving a `for await` does. */
  #leave({ items }: Run): void {
    void items?.return?.().catch(() => undefined);
  }
}

function shown({ form, text }: Run, output: unknown): unknown {
  return form === 'text' && text !== undefined ? text(output as never) : output;
}

function messageOf(verb: Verb): VerbMessage {
  const { name, summary, access, stream = false, positional = [], input } = verb;
  const schema = input && JSON.stringify(jsonSchemaOf(input) ?? { type: 'object' });
  if (schema !== undefined && schema.length > MAX_SCHEMA)
    throw new CarpetError(
      'EMSGSIZE',
      `${name}: its schema has ${schema.length} characters as JSON Schema, of which ${MAX_SCHEMA} may leave a worker`,
    );
  const contentType = verb.stream ? undefined : verb.contentType;
  const hasText = 'text' in verb;
  return { type: 'verb', name, summary, access, stream, positional, contentType, hasText, schema };
}
