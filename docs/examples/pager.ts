import { EventHandler, inject, Kernel, Module, seededRandom, VirtualClock } from 'carpet-kernel';
import { CarpModule, type CarpStateChange, type CarpVhid } from 'carpet-kernel/carp';
import { Lan, LanDriver } from 'carpet-kernel/lan';

@Module({ name: 'pager', depends: [CarpModule] })
class Pager {
  constructor(@inject(Kernel) private readonly kernel: Kernel) {}

  @EventHandler('carp_state_event')
  onState(vhid: CarpVhid, { to, reason }: CarpStateChange): void {
    console.log(`${this.kernel.name}: ${vhid.name} is ${to}: ${reason}`);
  }
}

const clock = new VirtualClock();
const lan = new Lan({ clock, random: seededRandom(1) });
for (const [number, name] of ['alpha', 'beta'].entries()) {
  const kernel = new Kernel({ name, clock });
  await kernel.load(LanDriver, {
    lan,
    interfaces: [{ name: 'eth0', addresses: [`10.0.0.${number + 1}/24`] }],
  });
  await kernel.load(Pager);
  const shared = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.0.0.100/24'] };
  kernel.get(CarpModule).create({ ...shared, advskew: number * 100 });
}
await clock.advance(5000);
lan.cut('alpha:eth0');
await clock.advance(5000);
