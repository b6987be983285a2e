/**
 * Stands in for `node:test` in the copy that the mutants are tried in: node:test runs each test once, and this keeps
 * them to be run again and again in one process. carpet has no global state, so that does no harm. It knows what the
 * fast tests use: `test`, `it`, `describe` and their hooks, `skip` and `timeout`, `t.after` and `t.mock`, but no subtests.
 *
 * @module
 */
import { mock } from 'node:test';

/** What a test is given. */
interface Context {
  readonly after: (body: Hook) => unknown;
  readonly mock: typeof mock;
}

type Hook = () => unknown;
type Body = (t: Context) => unknown;

interface Options {
  readonly skip?: unknown;
}

/** A test that can be run any number of times. */
export interface Case {
  readonly name: string;
  /** @throws what the test or one of its hooks throws */
  run(): Promise<void>;
}

class Group {
  readonly before: Hook[] = [];
  readonly after: Hook[] = [];
  readonly beforeEach: Hook[] = [];
  readonly afterEach: Hook[] = [];

  constructor(
    readonly name: string,
    readonly skipped: boolean,
    readonly outer?: Group,
  ) {}

  /** From the outermost on. */
  get path(): Group[] {
    return [...(this.outer?.path ?? []), this];
  }
}

/** The tests that were declared so far. */
export const cases: Case[] = [];
const root = new Group('', false);
const stack = [root];

function current(): Group {
  return stack.at(-1)!;
}

/** `(name, fn)` or `(name, options, fn)`. */
function arrange(rest: readonly unknown[]): { options: Options; body: Body } {
  const body = rest.find((each) => typeof each === 'function') as Body | undefined;
  const options = rest.find((each) => typeof each === 'object' && each !== null) ?? {};
  return { options, body: body ?? (() => undefined) };
}

function isSkipped({ skip }: Options): boolean {
  return skip !== undefined && skip !== false;
}

export function describe(name: string, ...rest: unknown[]): void {
  const { options, body } = arrange(rest);
  stack.push(new Group(name, current().skipped || isSkipped(options), current()));
  try {
    (body as Hook)();
  } finally {
    stack.pop();
  }
}

export function test(name: string, ...rest: unknown[]): void {
  const { options, body } = arrange(rest);
  const path = current().path;
  if (path.some(({ skipped }) => skipped) || isSkipped(options)) return;
  const title = [...path.slice(1).map((group) => group.name), name].join(' > ');
  cases.push({ name: title, run: () => runCase(path, body) });
}

export { test as it };
export const before = (body: Hook): unknown => current().before.push(body);
export const after = (body: Hook): unknown => current().after.push(body);
export const beforeEach = (body: Hook): unknown => current().beforeEach.push(body);
export const afterEach = (body: Hook): unknown => current().afterEach.push(body);

/** What a file declares outside of every group belongs to that file alone. Call it after each file. */
export function endFile(): void {
  for (const hooks of [root.before, root.after, root.beforeEach, root.afterEach]) {
    if (hooks === root.after) ends.push(...hooks);
    hooks.length = 0;
  }
}

const ends: Hook[] = [];

/** Runs what the files want to be run after all their tests. */
export async function end(): Promise<void> {
  for (const body of ends) await body();
}

async function runCase(path: readonly Group[], body: Body): Promise<void> {
  const groups = path.map(({ before: once, beforeEach: each, afterEach: last, after: atEnd }) => ({
    first: [...once, ...each],
    last: [...last, ...atEnd],
  }));
  const own: Hook[] = [() => mock.restoreAll()];
  let failure: { error: unknown } | undefined;
  const attempt = async (step: Hook): Promise<void> => {
    try {
      await step();
    } catch (error) {
      failure ??= { error };
    }
  };
  for (const step of groups.flatMap(({ first }) => first)) if (failure === undefined) await attempt(step);
  if (failure === undefined) await attempt(() => body({ after: (step) => own.push(step), mock }));
  for (const step of own) await attempt(step);
  for (const step of groups.toReversed().flatMap(({ last }) => last)) await attempt(step);
  if (failure !== undefined) throw failure.error;
}
