/**
 * @module
 * Verbs: what a running kernel can be asked to do, by name, from outside. A module registers its own through its
 * scope, which takes them back when the module goes; a front end (a socket, a console, a web page)
 * asks this registry and knows no module.
 */
import { issueText } from '../issue-text.js';
import { VerbError } from './errors.js';
import type { AnswerVerb, StreamVerb, Verb, VerbCall, VerbInfo } from './verb.js';

/** One registration of a verb: two versions of a module may register the same. */
export interface VerbEntry {
  readonly verb: Verb;
  /** The module whose scope holds it; undefined for one that no scope holds. */
  readonly module: string | undefined;
}

/** The verbs of one kernel. */
export class Verbs {
  readonly #entries = new Map<string, VerbEntry>();
  readonly #listeners = new Set<() => void>();

  /**
   * Adds a verb.
   * @returns takes it away again
   * @throws VerbError EEXIST when the name is taken, EINVAL when it is no name
   */
  register<I = undefined, O = unknown>(verb: AnswerVerb<I, O>): Disposable;
  register<I = undefined, T = unknown>(verb: StreamVerb<I, T>): Disposable;
  register(verb: unknown): Disposable {
    return this.enter(verb as Verb, undefined);
  }

  /** @internal As `register`, for a module. */
  enter(verb: Verb, module: string | undefined): Disposable {
    const entry = { verb, module };
    this.put(entry);
    return { [Symbol.dispose]: () => void this.lift(entry) };
  }

  /** @internal Adds an entry, or has it back that was lifted. @throws VerbError as `register` */
  put(entry: VerbEntry): void {
    const { name } = entry.verb;
    if (!/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/.test(name))
      throw new VerbError(
        'EINVAL',
        `"${name}" is no verb name: lower-case words joined by dots, as carp.demote`,
      );
    if (this.#entries.has(name)) throw new VerbError('EEXIST', `the verb ${name} exists already`);
    this.#entries.set(name, entry);
    this.#changed();
  }

  /** @internal Takes an entry away. @returns whether it was there */
  lift(entry: VerbEntry): boolean {
    const { name } = entry.verb;
    if (this.#entries.get(name) !== entry) return false;
    this.#entries.delete(name);
    this.#changed();
    return true;
  }

  /** @internal The entry of that name. */
  entry(name: string): VerbEntry | undefined {
    return this.#entries.get(name);
  }

  /** All verbs, by name. */
  list(): VerbInfo[] {
    return [...this.#entries.values()].map(verbInfo).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @internal */
  get(name: string): Verb | undefined {
    return this.#entries.get(name)?.verb;
  }

  /** @throws VerbError ENOENT */
  find(name: string): Verb {
    const verb = this.get(name);
    if (verb === undefined) throw new VerbError('ENOENT', `there is no verb ${name}`);
    return verb;
  }

  /**
   * Carries a verb out.
   *
   * @param input checked against the verb's schema; undefined counts as an empty object
   * @returns the verb's answer; of a stream, the items
   * @throws VerbError ENOENT, EINVAL; else whatever the verb throws
   */
  async invoke(name: string, input: unknown, call: VerbCall): Promise<unknown> {
    const verb = this.find(name);
    return verb.run(await parseInput(verb, input), call);
  }

  /** Called after a verb has come or gone, until disposed. */
  onChange(listener: () => void): Disposable {
    const entry = (): void => listener();
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function verbInfo({ verb, module }: VerbEntry): VerbInfo {
  const { name, summary, access, stream = false, positional = [], input } = verb;
  const contentType = verb.stream ? undefined : verb.contentType;
  return { name, summary, access, stream, positional, input, contentType, module };
}

/** @throws VerbError EINVAL, which names every member that does not fit */
async function parseInput({ name, input: schema }: Verb, given: unknown): Promise<unknown> {
  if (schema === undefined) {
    if (given === undefined || isEmpty(given)) return undefined;
    throw new VerbError('EINVAL', `${name} takes no input`);
  }
  const result = await schema['~standard'].validate(given ?? {});
  if (result.issues === undefined) return result.value;
  throw new VerbError('EINVAL', `${name}: ${result.issues.map(issueText).join('; ')}`);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
