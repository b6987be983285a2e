/** `changer.js IFNAME COUNT MS`: adds COUNT addresses, one every MS, and says when each request began: `ADDRESS TIME`. */
import { setTimeout as delay } from 'node:timers/promises';
import { SystemClock } from '../../../core/index.js';
import { InetPrefix } from '../../../modules/ifnet/index.js';
import { Host } from '../../../modules/ifnet/linux/host.js';
import { addAddress } from '../../../modules/ifnet/linux/netlink/address.js';
import { Libc, openNetns } from '../../../modules/libc/index.js';
import { realTime } from './real-time.js';

const [index, count, interval] = process.argv.slice(2).map(Number) as [number, number, number];
const libc = Libc.load();
using host = new Host(libc, openNetns(libc, undefined), new SystemClock());
console.log('ready');
for (let i = 0; i < count; i++) {
  await delay(interval);
  const prefix = InetPrefix.parse(`10.1.${i >> 8}.${i & 255}/32`);
  const time = realTime();
  host.request('', 'add an address', addAddress(index, prefix, 0));
  console.log(`${prefix.toString()} ${time}`);
}
