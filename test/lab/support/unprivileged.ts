/** Tries what needs privilege, and prints the refusals: code and message, one a line. */
import { Kernel } from '../../../core/index.js';
import { IfnetModule, InetPrefix } from '../../../modules/ifnet/index.js';
import { LinuxDriver } from '../../../modules/ifnet/linux/index.js';

await using kernel = new Kernel();
await kernel.load(LinuxDriver);
const eth0 = kernel.get(IfnetModule).byName('eth0')!;
const attempts = [
  () => eth0.addAddress(InetPrefix.parse('10.77.0.9/24')),
  () => eth0.setUp(false),
  () => eth0.transmit(new Uint8Array(60)),
  () => eth0.openIp({ family: 4, protocol: 112, input: () => {} }),
];
for (const attempt of attempts) {
  try {
    attempt();
    console.log('allowed');
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    console.log(code, message);
  }
}
