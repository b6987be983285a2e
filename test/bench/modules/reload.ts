/** What a reload takes of a module from a file, with what it imports, its state and a module that depends on it. */
import { Kernel, type ModuleClass } from '../../../core/index.js';
import { importerFrom } from '../../../modules/importer/index.js';
import { ModuleFolder, PACKAGE } from '../../support/module-folder.js';
import { type Measurement, median } from '../bench.js';

function write(folder: ModuleFolder, version: number): void {
  folder.write('version.mjs', `export const version = ${version};`);
  folder.write(
    'counter.mjs',
    `import { defineModule } from '${PACKAGE}';
import { version } from './version.mjs';
export const Counter = defineModule({
  name: 'counter',
  state: () => ({ version, seen: 0 }),
  handover: ({ state }) => ({ seen: state.seen }),
  takeover: ({ state }, { seen }) => void (state.seen = seen),
  on: { bench_event: ({ state }) => void state.seen++ },
});`,
  );
  folder.write(
    'user.mjs',
    `import { defineModule } from '${PACKAGE}';
import { Counter } from './counter.mjs';
export const User = defineModule({ name: 'user', inject: { counter: Counter } });`,
  );
}

export async function reloadFigures(quick: boolean): Promise<Measurement[]> {
  using folder = new ModuleFolder();
  write(folder, 0);
  await using kernel = new Kernel({ import: importerFrom(folder.origin) });
  await kernel.load('./counter.mjs');
  await kernel.load('./user.mjs');
  const { Counter } = (await import(`${folder.url}counter.mjs`)) as { Counter: ModuleClass };
  const times: number[] = [];
  for (let version = 1; version <= (quick ? 20 : 200); version++) {
    write(folder, version);
    kernel.eventhandler.invoke('bench_event' as never);
    const began = performance.now();
    await kernel.reload('counter');
    times.push(performance.now() - began);
    const { state } = kernel.get(Counter) as { state: { version: number; seen: number } };
    if (state.version !== version || state.seen !== version)
      throw new Error(`version ${version}: ${JSON.stringify(state)}`);
  }
  return [
    { id: 'modules.reload_ms', value: median(times), unit: 'ms' },
    { id: 'modules.reload_ms.max', value: Math.max(...times), unit: 'ms' },
  ];
}
