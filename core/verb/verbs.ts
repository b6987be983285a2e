/**
 * @module
 * Verbs: what a running kernel can be asked to do, by name, from outside. A module registers its own through its
 * scope, which takes them back when the module goes; a front end (a socket, a console, a web page)
 * asks this registry and knows no module.
 */
import { issueText } from '../issue-text.js';
import { VerbError } from './errors.js';
import type { AnswerVerb, StreamVerb, Verb, VerbCall, VerbInfo } from './verb.js';

/** The verbs of one kernel. */
export class Verbs {
  readonly #verbs = new Map<string, Verb>();
  /** The modules of those that a scope holds. */
  readonly #modules = new WeakMap<Verb, string>();
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
    const { name } = verb;
    if (!/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/.test(name))
      throw new VerbError(
        'EINVAL',
        `"${name}" is no verb name: lower-case words joined by dots, as carp.demote`,
      );
    if (this.#verbs.has(name)) throw new VerbError('EEXIST', `the verb ${name} exists already`);
    this.#verbs.set(name, verb);
    if (module !== undefined) this.#modules.set(verb, module);
    this.#changed();
    return { [Symbol.dispose]: () => this.remove(verb) };
  }

  /** @internal Takes a verb away; not there: a no-op. */
  remove(verb: Verb): void {
    if (this.#verbs.get(verb.name) !== verb) return;
    this.#verbs.delete(verb.name);
    this.#changed();
  }

  /** All verbs, by name. */
  list(): VerbInfo[] {
    return [...this.#verbs.values()]
      .map((verb) => verbInfo(verb, this.#modules.get(verb)))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @internal */
  get(name: string): Verb | undefined {
    return this.#verbs.get(name);
  }

  /** @throws VerbError ENOENT */
  find(name: string): Verb {
    const verb = this.#verbs.get(name);
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

function verbInfo(verb: Verb, module: string | undefined): VerbInfo {
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
