/** A daemon for signal tests: says what happens to it on stdout, one line each. Its argument names what it should do. */
import { Kernel, Module } from '../../../../core/index.js';
import { HostModule } from '../../../../modules/host/index.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const [behaviour] = process.argv.slice(2);

/** Never ends, and keeps the process. */
@Module({ name: 'clinging' })
class Clinging {
  start(): void {
    setInterval(() => {}, 1000);
  }

  stop(): Promise<void> {
    say('asked to stop');
    return new Promise(() => {});
  }
}

const kernel = new Kernel({ log: ({ level, message }) => say(`${level}: ${message}`) });
await kernel.load(HostModule);
for (const phase of ['shutdown_pre_sync', 'shutdown_post_sync', 'shutdown_final'] as const) {
  kernel.eventhandler.register(phase, async () => {
    await new Promise(setImmediate);
    say(phase);
  });
}
if (behaviour === 'hang') kernel.eventhandler.register('shutdown_pre_sync', () => new Promise(() => {}));
if (behaviour === 'cling') {
  kernel.sysctl.set('kern.shutdown.timeout', 100);
  await kernel.load(Clinging);
}
if (behaviour === 'reload') {
  kernel.eventhandler.register('host_reload', async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    say('reloaded');
  });
}
const keepAlive = setInterval(() => {}, 1000);
kernel.eventhandler.register('shutdown_final', () => clearInterval(keepAlive), undefined, 30_000);
if (behaviour === 'unloaded') await kernel.unload(HostModule);
say('up');
