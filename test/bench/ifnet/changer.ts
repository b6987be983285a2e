/** `changer.js IFNAME COUNT MS`: adds COUNT addresses, one every MS, and says when each request began: `ADDRESS TIME`. */
import { setTimeout as delay } from 'node:timers/promises';
import { InetPrefix } from '../../../modules/ifnet/index.js';
import { addAddress } from '../../../modules/ifnet/linux/netlink/address.js';
import { Requests } from '../../../modules/ifnet/linux/requests.js';
import { Libc, openNetns } from '../../../modules/libc/index.js';
import { realTime } from './real-time.js';

const [index, count, interval] = process.argv.slice(2).map(Number) as [number, number, number];
const libc = Libc.load();
using requests = new Requests(libc, openNetns(libc, undefined));
console.log('ready');
for (let i = 0; i < count; i++) {
  await delay(interval);
  const prefix = InetPrefix.parse(`10.1.${i >> 8}.${i & 255}/32`);
  const time = realTime();
  requests.request('', 'add an address', addAddress(index, prefix, { flags: 0 }));
  console.log(`${prefix.toString()} ${time}`);
}
