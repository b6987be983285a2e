/** How a new MASTER announces its addresses: how often, how far apart, and to gateways that ignore announcements. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatLladdr, IfnetModule, InetAddress, parseLladdr } from '../../../modules/ifnet/index.js';
import { LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { type Host, SHARED, World } from './support/world.js';

const ADDRESSES = [SHARED, 'fd88::100/64'];
const GATEWAY = ['10.88.0.9', 'fd88::9'];

function cacheOf({ kernel }: Host): Record<string, string> {
  const ifp = kernel.get(IfnetModule).byName('eth0');
  assert.ok(ifp instanceof LanIfnet);
  const entries = ['10.88.0.100', 'fd88::100'].map(
    (text) => [text, ifp.neighbour(InetAddress.parse(text))?.lladdr] as const,
  );
  return Object.fromEntries(
    entries.flatMap(([text, lladdr]) => (lladdr ? [[text, formatLladdr(lladdr)]] : [])),
  );
}

async function hosts(world: World): Promise<[Host, Host]> {
  return [await world.host(['10.88.0.1/24', 'fd88::1/64']), await world.host(['10.88.0.9/24', 'fd88::9/64'])];
}

describe('the announcements of a MASTER', () => {
  it('come as often, and as far apart, as the settings say', async () => {
    await using world = new World();
    const [host] = await hosts(world);
    const vhid = host.create({ addresses: ADDRESSES, garpCount: 3, garpInterval: 200, delayedGarp: false });
    while (vhid.state !== 'MASTER') world.advance(10);
    world.advance(5000);
    for (const kind of ['garp', 'na'] as const) {
      const times = world.seen
        .filter((seen) => seen.kind === kind)
        .map(({ time }) => Math.round(time - vhid.since));
      assert.deepEqual(times, [0, 200, 400], kind);
    }
  });

  for (const [virtualMac, count] of [
    [false, 1],
    ['service', 0],
  ] as const) {
    it(`are made again if the link-layer address changes that the clients know: virtualMac ${virtualMac}`, async () => {
      await using world = new World();
      const [host] = await hosts(world);
      const vhid = host.create({ addresses: ADDRESSES, virtualMac });
      world.advance(10_000);
      assert.equal(vhid.state, 'MASTER');
      world.seen.length = 0;
      (vhid.ifp as LanIfnet).setLladdr(parseLladdr('02:00:00:00:00:77'));
      world.advance(500);
      for (const kind of ['garp', 'na'] as const)
        assert.equal(world.seen.filter((seen) => seen.kind === kind).length, count, kind);
    });
  }

  for (const virtualMac of [false, 'service'] as const) {
    it(`reach a gateway that ignores them if it is to be nudged: virtualMac ${virtualMac}`, async () => {
      for (const nudge of [[], GATEWAY]) {
        await using world = new World();
        const [host, gateway] = await hosts(world);
        const vhid = host.create({ addresses: ADDRESSES, nudge, virtualMac });
        world.advance(6000);
        assert.equal(vhid.state, 'MASTER');
        const lladdr = virtualMac === 'service' ? '00:00:5e:00:01:01' : formatLladdr(vhid.ifp!.lladdr);
        const learnt = { '10.88.0.100': lladdr, 'fd88::100': lladdr };
        assert.deepEqual(cacheOf(gateway), nudge.length === 0 ? {} : learnt);
      }
    });
  }

  it('ask in the families that there are', async () => {
    await using world = new World();
    const [host, gateway] = await hosts(world);
    host.create({ nudge: GATEWAY });
    world.advance(6000);
    assert.deepEqual(Object.keys(cacheOf(gateway)), ['10.88.0.100']);
    assert.equal(host.kernel.sysctl.get('net.link.notify_peers.errors')?.value, 0);
  });

  it('refuse a gateway that is no host', async () => {
    await using world = new World();
    const [host] = await hosts(world);
    assert.throws(() => host.create({ nudge: ['224.0.0.1'] }), /nudge\[0\] is not a unicast address/);
  });
});
