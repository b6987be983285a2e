import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, seededRandom, VirtualClock } from '../../../../core/index.js';
import { CarpModule } from '../../../../modules/carp/index.js';
import { broadcastLladdr, encodeEthernet, InetAddress } from '../../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../../modules/ifnet/lan/index.js';
import { strict } from '../../../support/kernel.js';

async function segment() {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1), latencyMs: 1 });
  const lines: string[] = [];
  const trace = lan.trace((line) => lines.push(line));
  const add = async (name: string, number: number) => {
    const kernel = new Kernel({ ...strict, name, clock, random: seededRandom(name) });
    const driver = await kernel.load(LanDriver, { lan });
    return { kernel, ifp: driver.create({ name: 'eth0', addresses: [`10.0.0.${number}/24`] }) };
  };
  const hosts = [await add('alpha', 1), await add('beta', 2), await add('gamma', 3)] as const;
  return { clock, lan, lines, trace, hosts };
}

const probe = (mark: number): Uint8Array =>
  encodeEthernet(broadcastLladdr(), Uint8Array.of(2, 0, 0, 0, 0, 1), 0x88b5, Uint8Array.of(mark));

test('a CARP advertisement is one line, with its fate at every receiver', async () => {
  const { clock, lan, lines, hosts } = await segment();
  const carp = await hosts[0].kernel.load(CarpModule);
  const shared = { ifname: 'eth0', password: 'secret', addresses: ['10.0.0.100/24'] };
  carp.create({ ...shared, vhid: 7, advbase: 1, advskew: 20, preempt: true });
  await hosts[1].kernel.load(CarpModule).then((other) => other.create({ ...shared, vhid: 7, advskew: 100 }));
  lan.port('gamma:eth0').impair({ rx: { loss: 1 } });
  await clock.advance(5000);
  const advertisement = lines.find((line) => line.includes(' CARP '));
  assert.match(
    advertisement!,
    /^\d\.\d{6} alpha:eth0 > 01:00:5e:00:00:12 CARP 10\.0\.0\.1 > 224\.0\.0\.18 vhid 7 advbase 1 advskew 20 demotion 0: lost: gamma:eth0; delivered to beta:eth0$/,
  );
  assert.ok(lines.some((line) => line.includes('ARP announcement 10.0.0.100 is-at 02:00:00:00:00:01')));
});

test('a line says why a host dropped the frame, and waits for the last arrival', async () => {
  const { clock, lan, lines, hosts } = await segment();
  hosts[1].ifp.setUp(false);
  hosts[0].ifp.transmit(probe(1));
  clock.advanceSync(0.5);
  assert.deepEqual(lines, []);
  lan.cut('gamma:eth0');
  clock.advanceSync(1);
  assert.deepEqual(lines, [
    '0.000000 alpha:eth0 > broadcast ethertype 0x88b5, 15 bytes: dropped (interface down): beta:eth0; cut off: gamma:eth0',
  ]);
});

test('ICMP and neighbour discovery are the kernel’s own, other protocols need a socket', async () => {
  const { clock, lines, hosts } = await segment();
  using socket = hosts[0].ifp.openIp({ family: 4, protocol: 200, input: () => {} });
  socket.send(new Uint8Array(4), { destination: InetAddress.parse('10.0.0.2') });
  clock.advanceSync(10);
  assert.deepEqual(
    lines.map((line) => line.replace(/^.* > \S+ /, '')),
    [
      'ARP who-has 10.0.0.2 tell 10.0.0.1: delivered to beta:eth0, gamma:eth0',
      'ARP reply 10.0.0.2 is-at 02:00:00:00:00:02: delivered to alpha:eth0',
      'protocol 200, 4 bytes: dropped (noSocket): beta:eth0',
    ],
  );
});

test('frames that never enter the segment are shown too, and none after the end', async () => {
  const { clock, lan, lines, trace, hosts } = await segment();
  lan.cut('alpha:eth0');
  hosts[0].ifp.transmit(probe(1));
  lan.mend('alpha:eth0');
  hosts[0].ifp.port.transmit(new Uint8Array(7));
  lan.cut('beta:eth0');
  lan.cut('gamma:eth0');
  hosts[0].ifp.transmit(probe(2));
  trace[Symbol.dispose]();
  hosts[0].ifp.transmit(probe(3));
  clock.advanceSync(10);
  assert.deepEqual(
    lines.map((line) => line.replace(/^.*: /, '')),
    ['not sent, no carrier', 'not sent, shorter than an Ethernet header', 'no receiver'],
  );
  assert.equal(hosts[0].ifp.port.counters.noCarrier, 1);
});
