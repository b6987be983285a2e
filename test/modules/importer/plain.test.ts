/** Modules as people write them without a build step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel } from '../../../core/index.js';
import { importerFrom } from '../../../modules/importer/index.js';
import { ModuleFolder, PACKAGE } from '../../support/module-folder.js';

const PLAIN = `import { defineModule } from '${PACKAGE}';
export default defineModule({
  name: 'doorbell',
  state: () => ({ rings: 0 }),
  on: { plain_test({ state }) { state.rings++; } },
});`;

const TYPED = `import { defineModule, type Json } from '${PACKAGE}';
interface State { rings: number }
export default defineModule({
  name: 'doorbell',
  state: (): State => ({ rings: 0 }),
  on: { plain_test: ({ state }: { state: State }): void => { state.rings++; } } as never,
  handover: ({ state }): Json => state.rings,
});`;

declare module 'carpet-kernel' {
  interface EventHandlers {
    plain_test(): void;
  }
}

const strips = Boolean((process.features as { typescript?: unknown }).typescript);

for (const [file, text, skip] of [
  ['doorbell.mjs', PLAIN, false],
  ['doorbell.mts', TYPED, strips ? false : 'this Node does not strip types'],
] as const) {
  test(`${file} is loaded as it is, and reloaded`, { skip }, async () => {
    using folder = new ModuleFolder();
    folder.write(file, text);
    await using kernel = new Kernel({ import: importerFrom(folder.origin) });
    const bell = (await kernel.load(`./${file}`)) as { state: { rings: number } };
    kernel.eventhandler.invoke('plain_test');
    assert.equal(bell.state.rings, 1);
    folder.write(file, text.replace('++', ' += 10'));
    assert.equal((await kernel.reload('doorbell')).changed, true);
    kernel.eventhandler.invoke('plain_test');
    const now = kernel.get<typeof bell>(bell.constructor as never);
    assert.equal(now.state.rings, 10);
  });
}
