/** Random programs over two lists, and the machine that runs them on the registry or on the model. */
import fc from 'fast-check';

/** What a program, or a handler of it, does. Numbers choose among what is there, modulo how many there are. */
export type Op =
  | { op: 'register'; list: number; priority: number; body: number }
  | { op: 'deregister'; tag: number }
  | { op: 'deregisterNowait'; tag: number }
  | { op: 'deregisterAll'; list: number; wait: boolean }
  | { op: 'invoke' | 'invokeAsync' | 'prune' | 'drain'; list: number }
  | { op: 'open'; gate: number };

/** What a handler does when it is called: `first`; if it is async, it then waits for a gate and does `second`. */
export interface Body {
  readonly first: readonly Op[];
  readonly waits: boolean;
  readonly second: readonly Op[];
  readonly fails: boolean;
}

export interface Program {
  readonly bodies: readonly Body[];
  readonly script: readonly Op[];
}

const list = fc.nat(1);
const index = fc.nat(11);
const priority = fc.constantFrom(0, 1, 1, 2, 10000, 20000, 20100);

const register = fc.record({ op: fc.constant('register' as const), list, priority, body: fc.nat(3) });
const removeOne = fc.record({ op: fc.constantFrom('deregister' as const, 'deregisterNowait'), tag: index });
const removeAll = fc.record({ op: fc.constant('deregisterAll' as const), list, wait: fc.boolean() });
const dispatch = fc.record({ op: fc.constantFrom('invoke' as const, 'invokeAsync'), list });
const prune = fc.record({ op: fc.constant('prune' as const), list });
const drain = fc.record({ op: fc.constant('drain' as const), list });
const open = fc.record({ op: fc.constant('open' as const), gate: index });

/** Opening gates and draining is left to the script: inside a handler their order among promises is nobody's promise. */
const inner: fc.Arbitrary<Op> = fc.oneof(
  { arbitrary: register, weight: 4 },
  { arbitrary: removeOne, weight: 4 },
  { arbitrary: dispatch, weight: 2 },
  { arbitrary: removeAll, weight: 1 },
  { arbitrary: prune, weight: 1 },
);

const outer: fc.Arbitrary<Op> = fc.oneof(
  { arbitrary: register, weight: 5 },
  { arbitrary: dispatch, weight: 4 },
  { arbitrary: removeOne, weight: 2 },
  { arbitrary: open, weight: 3 },
  { arbitrary: prune, weight: 1 },
  { arbitrary: drain, weight: 1 },
  { arbitrary: removeAll, weight: 1 },
);

const body: fc.Arbitrary<Body> = fc.record({
  first: fc.array(inner, { maxLength: 3 }),
  waits: fc.boolean(),
  second: fc.array(inner, { maxLength: 2 }),
  fails: fc.boolean(),
});

export const programs: fc.Arbitrary<Program> = fc.record({
  bodies: fc.array(body, { minLength: 1, maxLength: 4 }),
  script: fc.array(outer, { minLength: 1, maxLength: 12 }),
});

/** A program as a person would write it down. */
export function format({ bodies, script }: Program): string {
  const line = ({ op, ...rest }: Op): string => {
    const args = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
    return `${op}(${args.join(', ')})`;
  };
  const lines = (ops: readonly Op[]): string => ops.map(line).join('; ');
  const handlers = bodies.map(
    ({ first, waits, second, fails }, i) =>
      `body ${i}: { ${lines(first)}${waits ? ` WAIT ${lines(second)}` : ''}${fails ? ' FAIL' : ''} }`,
  );
  return [...handlers, `script: ${lines(script)}`].join('\n');
}

type Handler = () => Promise<void> | undefined;

/** The registry and the model behind one face. `T` is a tag. */
export interface System<T> {
  register(list: number, priority: number, handler: Handler): T;
  deregister(tag: T): Promise<void>;
  deregisterNowait(tag: T): void;
  deregisterAll(list: number, wait: boolean): Promise<void> | undefined;
  invoke(list: number): void;
  invokeAsync(list: number): Promise<void>;
  prune(list: number): number;
  drain(list: number): Promise<void>;
  /** Everything that can be seen of the lists. */
  observe(): unknown;
}

/** Programs that would run for ever, or for very long, are cut off at the same point in both systems. */
const MOST_CALLS = 60;
const MOST_NESTING = 4;

/** Runs a program and returns what was seen: every call, every result, the lists and the finished waits after each step. */
export async function run<T>(program: Program, system: System<T>): Promise<string[]> {
  const seen: string[] = [];
  const tags: T[] = [];
  const gates: (() => void)[] = [];
  const finished = new Set<string>();
  let handlers = 0;
  let waits = 0;
  let calls = 0;
  let nesting = 0;

  const watch = (what: string, promise: Promise<void> | undefined): void => {
    if (promise === undefined) return;
    const id = `${what} ${waits++}`;
    void promise.then(() => finished.add(id));
  };

  const makeHandler = ({ first, waits: isAsync, second, fails }: Body): Handler => {
    const id = handlers++;
    return () => {
      calls++;
      seen.push(`call ${id}`);
      perform(first);
      if (!isAsync) {
        if (fails) throw new Error('asked to');
        return undefined;
      }
      return new Promise<void>((resolve) => gates.push(resolve)).then(() => {
        seen.push(`resume ${id}`);
        perform(second);
        if (fails) throw new Error('asked to');
      });
    };
  };

  const perform = (ops: readonly Op[]): void => {
    if (nesting >= MOST_NESTING) return;
    nesting++;
    for (const op of ops) if (calls < MOST_CALLS) step(op);
    nesting--;
  };

  const step = (op: Op): void => {
    switch (op.op) {
      case 'register': {
        const bodyIndex = op.body % program.bodies.length;
        tags.push(system.register(op.list, op.priority, makeHandler(program.bodies[bodyIndex]!)));
        return;
      }
      case 'deregister':
        if (tags.length > 0) watch('deregister', system.deregister(tags[op.tag % tags.length]!));
        return;
      case 'deregisterNowait':
        if (tags.length > 0) system.deregisterNowait(tags[op.tag % tags.length]!);
        return;
      case 'deregisterAll':
        watch('deregisterAll', system.deregisterAll(op.list, op.wait));
        return;
      case 'invoke':
        system.invoke(op.list);
        return;
      case 'invokeAsync':
        watch('invokeAsync', system.invokeAsync(op.list));
        return;
      case 'prune':
        seen.push(`prune ${system.prune(op.list)}`);
        return;
      case 'drain':
        watch('drain', system.drain(op.list));
        return;
      case 'open':
        gates.splice(op.gate % Math.max(gates.length, 1), 1)[0]?.();
    }
  };

  const observe = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(JSON.stringify([system.observe(), [...finished].toSorted()]));
  };

  for (const op of program.script) {
    step(op);
    await observe();
  }
  for (let gate = gates.shift(); gate !== undefined; gate = gates.shift()) {
    gate();
    await observe();
  }
  return seen;
}
