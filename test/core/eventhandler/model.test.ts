/**
 * The registry and the model agree on random programs of register, deregister, nested invoke, async invoke and prune.
 *
 * CARPET_FUZZ_RUNS sets how many programs (100000 is the full number), CARPET_FUZZ_SEED and CARPET_FUZZ_PATH repeat a
 * failure: they are printed with the program, which is shrunk to its shortest form.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventHandlerRegistry, type EventHandlerTag } from '../../../core/eventhandler/index.js';
import { type ModelEntry, ModelList } from './model.js';
import { format, type Program, programs, run, type System } from './program.js';
import './events.js';

const { CARPET_FUZZ_RUNS, CARPET_FUZZ_SEED, CARPET_FUZZ_PATH } = process.env;

const NAMES = ['other_event', 'another_event'] as const;

interface RealTag {
  readonly list: number;
  readonly tag: EventHandlerTag;
}

function realSystem(): System<RealTag> {
  const registry = new EventHandlerRegistry({ onError: () => {}, warn: () => {} });
  const lists = NAMES.map((name) => registry.defineList(name));
  const nameOf = (list: number) => NAMES[list]!;
  return {
    register: (list, priority, handler) => ({
      list,
      tag: registry.register(nameOf(list), { handler, priority }),
    }),
    deregister: ({ list, tag }) => registry.deregister(nameOf(list), tag),
    deregisterNowait: ({ list, tag }) => registry.deregisterNowait(nameOf(list), tag),
    deregisterAll: (list, wait) => {
      if (wait) return registry.deregister(nameOf(list), null);
      registry.deregisterNowait(nameOf(list), null);
      return undefined;
    },
    invoke: (list) => registry.invoke(nameOf(list)),
    invokeAsync: (list) => registry.invokeAsync(nameOf(list)),
    prune: (list) => lists[list]!.prune(),
    drain: (list) => lists[list]!.drain(),
    observe: () =>
      lists.map((list) => {
        const { runcount, deadcount, entries } = list.info();
        const shown = entries.map(({ priority, calls, errors, running }) => [
          priority,
          calls,
          errors,
          running,
        ]);
        return { runcount, deadcount, entries: shown };
      }),
  };
}

interface ModelTag {
  readonly list: ModelList;
  readonly entry: ModelEntry;
}

function modelSystem(): System<ModelTag> {
  const lists = NAMES.map(() => new ModelList());
  return {
    register: (index, priority, handler) => {
      const list = lists[index]!;
      return { list, entry: list.register(priority, handler) };
    },
    deregister: ({ list, entry }) => list.deregister(entry),
    deregisterNowait: ({ list, entry }) => list.deregisterNowait(entry),
    deregisterAll: (index, wait) => {
      if (wait) return lists[index]!.deregister(null);
      lists[index]!.deregisterNowait(null);
      return undefined;
    },
    invoke: (index) => lists[index]!.invoke(),
    invokeAsync: (index) => lists[index]!.invokeAsync(),
    prune: (index) => lists[index]!.prune(),
    drain: (index) => lists[index]!.drain(),
    observe: () =>
      lists.map((list) => ({
        runcount: list.depth + list.waiting,
        deadcount: list.deadcount,
        entries: list.alive.map(({ priority, calls, errors, pending }) => [priority, calls, errors, pending]),
      })),
  };
}

async function agree(program: Program): Promise<void> {
  assert.deepEqual(await run(program, realSystem()), await run(program, modelSystem()));
}

test('the registry does what the model of EVENTHANDLER(9) does, on random programs', async () => {
  await fc.assert(fc.asyncProperty(programs, agree), {
    numRuns: Number(CARPET_FUZZ_RUNS ?? 5000),
    ...(CARPET_FUZZ_SEED === undefined ? {} : { seed: Number(CARPET_FUZZ_SEED) }),
    ...(CARPET_FUZZ_PATH === undefined ? {} : { path: CARPET_FUZZ_PATH }),
    asyncReporter: async (out) => {
      if (!out.failed) return;
      const program = out.counterexample?.[0];
      throw new Error(
        `after ${out.numRuns} programs and ${out.numShrinks} steps of shrinking; repeat with ` +
          `CARPET_FUZZ_SEED=${out.seed} CARPET_FUZZ_PATH=${out.counterexamplePath}\n` +
          `${program === undefined ? 'no program' : format(program)}\n${String(out.errorInstance)}`,
        { cause: out.errorInstance },
      );
    },
  });
});
