/** A program for a machine that sleeps: reports what it hears of that, and takes half a second for its preparations. */
import { setTimeout as delay } from 'node:timers/promises';
import { Kernel } from '../../../core/index.js';
import { SleepModule } from '../../../modules/host/index.js';

const kernel = new Kernel({ log: ({ level, message }) => void (level !== 'debug' && console.log(message)) });
const { eventhandler } = kernel;
eventhandler.register('power_suspend', async () => {
  console.log('power_suspend');
  await delay(500);
  console.log('prepared');
});
eventhandler.register('acpi_sleep_event', (state) => console.log(`acpi_sleep_event S${state}`));
eventhandler.register('acpi_wakeup_event', (state) => console.log(`acpi_wakeup_event S${state}`));
await kernel.load(SleepModule);
console.log('loaded');
process.once('SIGTERM', () => {
  void kernel.unload('host-sleep').then(() => console.log('unloaded'));
});
