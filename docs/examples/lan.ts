import { Kernel, seededRandom, VirtualClock } from 'carpet-kernel';
import { CarpModule } from 'carpet-kernel/carp';
import { parseEthernet } from 'carpet-kernel/ifnet';
import { Lan, LanDriver } from 'carpet-kernel/lan';

const clock = new VirtualClock();
const lan = new Lan({ clock, random: seededRandom('a seed'), latencyMs: 1, jitterMs: 2, loss: 0.05 });

async function host(name: string, number: number, advskew: number) {
  const kernel = new Kernel({ name, clock, random: seededRandom(name) });
  const driver = await kernel.load(LanDriver, { lan });
  const ifp = driver.create({ name: 'eth0', addresses: [`10.0.0.${number}/24`] });
  const carp = await kernel.load(CarpModule);
  const shared = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.0.0.100/24'] };
  return { ifp, vhid: carp.create({ ...shared, advskew }) };
}

const alpha = await host('alpha', 1, 0);
const beta = await host('beta', 2, 100);
const states = (): string => `alpha ${alpha.vhid.state}, beta ${beta.vhid.state}`;

let frames = 0;
lan.tap(({ frame }) => {
  if (parseEthernet(frame)?.type === 0x0800) frames++;
});

await clock.advance(60_000);
console.log(`a minute with 5 % loss: ${states()}, ${frames} IPv4 frames`);

beta.ifp.port.impair({ rx: { loss: 1 } });
await clock.advance(10_000);
console.log(`beta is deaf: ${states()}`);

beta.ifp.port.impair({});
await clock.advance(10_000);
console.log(`beta hears again: ${states()}`);

lan.partition(['beta:eth0']);
await clock.advance(10_000);
console.log(`divided: ${states()}`);

lan.heal();
await clock.advance(10_000);
console.log(`healed: ${states()}`);
