/**
 * `flooder.js IFNAME LLADDR RATE SOURCES`: advertisements with every field right but the digest, until it is ended, from
 * one address or from 256 forged ones.
 */
import { Kernel } from '../../../core/index.js';
import {
  encodeEthernet,
  encodeIpv4,
  IfnetModule,
  InetAddress,
  parseLladdr,
} from '../../../modules/ifnet/index.js';
import { LinuxDriver } from '../../../modules/ifnet/linux/index.js';
import { advertisement } from '../../modules/carp/support/advertisement.js';

const [ifname, lladdr, rate, sources] = process.argv.slice(2);
/** Milliseconds between two bursts. */
const BURST = 2;

const kernel = new Kernel();
await kernel.load(LinuxDriver);
const ifp = kernel.get(IfnetModule).byName(ifname!)!;
const frames = Array.from({ length: 256 }, (_, i) => {
  const vhid = 1 + (i % 255);
  const options = { ifname: ifname!, vhid, password: 'not theirs', addresses: ['10.77.0.100/24'] };
  const packet = advertisement(options, { counter: BigInt(i) });
  const header = {
    source: Uint8Array.of(10, 77, 0, sources === '1' ? 66 : i),
    destination: InetAddress.parse('224.0.0.18').bytes,
    protocol: 112,
    ttl: 255,
    tos: 0,
    id: i,
  };
  return encodeEthernet(
    Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12),
    parseLladdr(lladdr!),
    0x0800,
    encodeIpv4(header, packet),
  );
});
process.stdout.write('flooding\n');
const start = performance.now();
let sent = 0;
setInterval(() => {
  const due = ((performance.now() - start) * Number(rate)) / 1000;
  for (; sent < due; sent++) {
    try {
      ifp.transmit(frames[sent & 255]!);
    } catch {
      // a full queue drops; so does this
    }
  }
}, BURST);
process.once('SIGTERM', () => process.exit(0));
