/** A program for a test: checks of files in a folder that hangs, and reloads. Says whether another file can still be read. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kernel } from '../../../core/index.js';
import { HealthModule } from '../../../modules/health/index.js';

const [folder] = process.argv.slice(2);
const check = { kind: 'file', interval: 100, timeout: 50 } as const;
const checks = Object.fromEntries(
  [1, 2, 3, 4, 5].map((n) => [`file${n}`, { ...check, path: `${folder}/${n}` }]),
);
const settings = { checks: { ...checks, own: { ...check, path: process.execPath } } };
const kernel = new Kernel({ log: () => undefined });
await kernel.load(HealthModule, settings);
await sleep(500);
for (const again of ['reloaded', 'reloaded', 'unloaded']) {
  if (again === 'reloaded') await kernel.reload(HealthModule);
  else await kernel.unload(HealthModule);
  await sleep(300);
}
await kernel.load(HealthModule, settings);
await sleep(1000);
const other = await Promise.race([readFile('/proc/self/comm').then(() => 'read'), sleep(1000, 'stuck')]);
const own = kernel
  .get(HealthModule)
  .list()
  .find(({ name }) => name === 'own');
// Not by exit: that waits for the threads that hang.
process.stdout.write(`${other}, own ${own?.verdict}\n`, () => process.kill(process.pid, 'SIGKILL'));
