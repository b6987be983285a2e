/** kldload(8) and its kin over the control socket. */
import * as v from 'valibot';
import type { Isolate, IsolationInfo, Kernel, ModuleInfo, Reloaded, Scope } from '../../../core/index.js';
import { table } from '../../../core/index.js';

const moduleInput = v.strictObject({
  module: v.pipe(
    v.string(),
    v.description("a loaded module's name, or where to find one: a package or a path"),
  ),
});

export function registerKldVerbs(scope: Scope, kernel: Kernel): void {
  scope.verb({
    name: 'kldstat',
    summary: 'list the loaded modules, dependencies before their dependents',
    access: 'read',
    input: v.strictObject({
      verbose: v.optional(v.pipe(v.boolean(), v.description('also where each module runs, and its verbs'))),
    }),
    run: ({ verbose = false }) => (verbose ? detailed(kernel) : kernel.modules()),
    text: statText,
  });
  scope.verb({
    name: 'kldload',
    summary: 'load a module',
    access: 'write',
    input: v.strictObject({
      ...moduleInput.entries,
      settings: v.optional(
        v.pipe(v.record(v.string(), v.unknown()), v.description('settings of the module')),
      ),
      as: v.optional(
        v.pipe(
          v.string(),
          v.description('the name of this instance, where a module is loaded more than once'),
        ),
      ),
      isolate: v.optional(
        v.pipe(v.picklist(['worker']), v.description('the address space of its own that it gets: worker')),
      ),
    }),
    positional: ['module'],
    async run({ module, settings, as, isolate }) {
      const before = new Set(kernel.modules().map(({ name }) => name));
      const space = isolate !== undefined && !before.has(isolate) ? isolate : undefined;
      if (space !== undefined) await kernel.load(space);
      try {
        await kernel.load(module, settings, {
          current: true,
          as,
          isolate: isolate as Isolate | undefined,
        });
      } catch (error) {
        if (space !== undefined) await kernel.release(space).catch(() => undefined);
        throw error;
      }
      return { module, loaded: kernel.modules().flatMap(({ name }) => (before.has(name) ? [] : [name])) };
    },
    text: ({ module, loaded }: { module: string; loaded: string[] }) =>
      loaded.length === 0
        ? `${module} was loaded already; it has one more reference`
        : `loaded ${loaded.join(', ')}`,
  });
  scope.verb({
    name: 'kldreload',
    summary: 'replace a module by the code that its file has now, with its state',
    access: 'write',
    input: v.strictObject({
      module: v.pipe(v.string(), v.description("a loaded module's name")),
      timeout: v.optional(
        v.pipe(
          v.number(),
          v.minValue(1),
          v.description('milliseconds that each step may take (default 10000)'),
        ),
      ),
    }),
    positional: ['module'],
    run: ({ module, timeout }) => kernel.reload(module, timeout === undefined ? {} : { timeout }),
    text: ({ name, changed, restarted }: Reloaded) => {
      const what = changed ? `reloaded ${name}` : `restarted ${name}, whose code has not changed`;
      return restarted.length === 0 ? what : `${what}; restarted ${restarted.join(', ')} with it`;
    },
  });
  scope.verb({
    name: 'kldunload',
    summary: 'unload a module, unless it is in use or has a reason to stay',
    access: 'write',
    input: moduleInput,
    positional: ['module'],
    async run({ module }) {
      const before = kernel.modules().map(({ name }) => name);
      await kernel.unload(module);
      const after = new Set(kernel.modules().map(({ name }) => name));
      return { module, unloaded: before.filter((name) => !after.has(name)) };
    },
    text: ({ module, unloaded }: { module: string; unloaded: string[] }) =>
      unloaded.length === 0
        ? `${module} has one reference less, and stays loaded`
        : `unloaded ${unloaded.join(', ')}`,
  });
}

/** A module as kldstat shows it; where it runs is said of all of them or only of those that are isolated. */
type Shown = Omit<ModuleInfo, 'isolation'> & {
  isolation?: Pick<IsolationInfo, 'in'> & Partial<IsolationInfo>;
  verbs?: string[];
};

function detailed(kernel: Kernel): Shown[] {
  const verbs = kernel.verbs.list();
  return kernel.modules().map((each) => ({
    isolation: { in: 'kernel' },
    ...each,
    verbs: verbs.flatMap(({ name, module }) => (module === each.name ? [name] : [])),
  }));
}

function statText(modules: readonly Shown[]): string {
  const columns = ['NAME', 'REFS', 'STATE', 'USES'];
  const rows = modules.map((each) => [each.name, String(each.refs), each.state, each.depends.join(' ')]);
  if (modules.some(({ isolation }) => isolation === undefined)) return table(columns, rows);
  return table(
    [...columns, 'RUNS IN', 'RESTARTS', 'QUEUE', 'DROPPED', 'LAST END', 'VERBS'],
    rows.map((row, i) => [...row, ...isolationColumns(modules[i]!)]),
  );
}

function isolationColumns({ isolation, verbs = [] }: Shown): string[] {
  const { in: kind, state, restarts = '-', queued = '-', dropped = '-', lastEnd = '-' } = isolation!;
  return [
    state === undefined ? kind : `${kind} (${state})`,
    String(restarts),
    String(queued),
    String(dropped),
    lastEnd,
    verbs.join(' ') || '-',
  ];
}
