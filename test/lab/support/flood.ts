/** `flood.js IFNAME RATE MS`: sends adverts-sized protocol 112 packets to 224.0.0.18 at a rate, for a time. */
import { setTimeout as delay } from 'node:timers/promises';
import { Kernel } from '../../../core/index.js';
import { IfnetModule, InetAddress } from '../../../modules/ifnet/index.js';
import { LinuxDriver } from '../../../modules/ifnet/linux/index.js';

const [ifname, rate, duration] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
await using kernel = new Kernel();
await kernel.load(LinuxDriver);
const ifp = kernel.get(IfnetModule).byName(ifname)!;
const socket = ifp.openIp({ family: 4, protocol: 112, input: () => {} });
const destination = InetAddress.parse('224.0.0.18');
const payload = new Uint8Array(36).fill(0x21);
console.log('ready');
const start = performance.now();
let sent = 0;
for (let elapsed = 0; elapsed < duration; elapsed = performance.now() - start) {
  for (; sent < (elapsed / 1000) * rate; sent++) socket.send(payload, { destination });
  await delay(1);
}
console.log(`sent ${sent}`);
