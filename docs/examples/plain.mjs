// The program of README.md in plain JavaScript: no decorators, nothing to compile.
import { Kernel, seededRandom, VirtualClock } from 'carpet-kernel';
import { CarpModule } from 'carpet-kernel/carp';
import { Lan, LanDriver } from 'carpet-kernel/lan';

const clock = new VirtualClock();
const lan = new Lan({ clock, random: seededRandom(1) });
for (const [number, name] of ['alpha', 'beta'].entries()) {
  const kernel = new Kernel({ name, clock });
  await kernel.load(LanDriver, {
    lan,
    interfaces: [{ name: 'eth0', addresses: [`10.0.0.${number + 1}/24`] }],
  });
  await kernel.load(CarpModule);
  kernel.eventhandler.register('carp_state_event', (vhid, { to, reason }) => {
    console.log(`${name}: ${vhid.name} is ${to}: ${reason}`);
  });
  const shared = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.0.0.100/24'] };
  kernel.get(CarpModule).create({ ...shared, advskew: number * 100 });
}
await clock.advance(5000);
lan.cut('alpha:eth0');
await clock.advance(5000);
