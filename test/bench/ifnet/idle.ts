/** `idle.js MS`: the driver with nothing to do; prints its share of one core in percent, and its RSS in MiB. */
import { setTimeout as delay } from 'node:timers/promises';
import { Kernel } from '../../../core/index.js';
import { LinuxDriver } from '../../../modules/ifnet/linux/index.js';

await using kernel = new Kernel();
await kernel.load(LinuxDriver);
await delay(1000);
const duration = Number(process.argv[2]);
const before = process.cpuUsage();
await delay(duration);
const { user, system } = process.cpuUsage(before);
console.log(`${(user + system) / 10 / duration} ${process.memoryUsage.rss() / 2 ** 20}`);
