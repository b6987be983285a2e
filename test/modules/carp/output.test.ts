/** Where the advertisements of a vhid come from, where they go, and how, as its sockets see it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import {
  IfnetError,
  IfnetModule,
  InetAddress,
  type InetFamily,
  InetPrefix,
  type IpDestination,
} from '../../../modules/ifnet/index.js';
import { LanDriver, type LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { softcOf } from './support/softc.js';
import { type Host, SHARED, World } from './support/world.js';

const DUAL = { addresses: [SHARED, 'fd88::100/64'] };
const host = (world: World, addresses = ['10.88.0.1/24', 'fd88::1/64', 'fe80::1/64']): Promise<Host> =>
  world.host(addresses);

/** Notes what a MASTER sends from now on. */
function sent(of: Host): () => (IpDestination & { readonly family: InetFamily })[] {
  const { carpIf } = softcOf(of.carp.list()[0]);
  const noted: (IpDestination & { readonly family: InetFamily })[] = [];
  for (const family of [4, 6] as const)
    for (const kind of ['group', 'unicast'] as const) {
      const socket = carpIf!.socket(family, kind);
      if (socket === undefined) continue;
      const send = socket.send.bind(socket);
      socket.send = (payload, to) => {
        noted.push({ ...to, family });
        send(payload, to);
      };
    }
  return () => noted.splice(0);
}

/** As a reader sees it: `10.88.0.1 > 224.0.0.18`. */
const ways = (all: readonly IpDestination[]): string[] =>
  all.map(({ source, destination }) => `${source} > ${destination}`);

describe('an advertisement', () => {
  it('goes once to the group of each family, from an address of the host, to that of IPv6 from the link-local one', async () => {
    await using world = new World();
    const one = await host(world);
    one.create(DUAL);
    world.advance(3500);
    const news = sent(one);
    world.advance(1000);
    const all = news();
    assert.deepEqual(ways(all), ['10.88.0.1 > 224.0.0.18', 'fe80::1 > ff02::12']);
    for (const { ttl, tos, lladdr, broadcast } of all)
      assert.deepEqual([ttl, tos, lladdr, broadcast], [255, 56 << 2, undefined, false]);
  });

  it('has the TTL and the DSCP that are set, by broadcast over IPv4 alone', async () => {
    await using world = new World();
    const one = await host(world);
    one.create({ ...DUAL, broadcast: true, ttl: 200, group: '224.0.0.99', group6: 'ff02::99' });
    one.kernel.sysctl.set('net.inet.carp.dscp', 10);
    world.advance(3500);
    const news = sent(one);
    world.advance(1000);
    const all = news();
    assert.deepEqual(ways(all), ['10.88.0.1 > 224.0.0.99', 'fe80::1 > ff02::99']);
    assert.deepEqual(
      all.map(({ ttl, tos, broadcast }) => [ttl, tos, broadcast]),
      [
        [200, 40, true],
        [200, 40, false],
      ],
    );
  });

  it('goes to each peer of its family, over IPv6 from no link-local address', async () => {
    await using world = new World();
    const one = await host(world);
    one.create({ ...DUAL, peers: ['10.88.0.2', 'fd88::2', '10.88.0.3'], virtualMac: true });
    world.advance(3500);
    const news = sent(one);
    world.advance(1000);
    const all = news();
    assert.deepEqual(ways(all), ['10.88.0.1 > 10.88.0.2', '10.88.0.1 > 10.88.0.3', 'fd88::1 > fd88::2']);
    for (const { lladdr, broadcast } of all)
      assert.deepEqual([lladdr, broadcast], [undefined, false], 'a virtual MAC is that of the group');
  });

  it('to a group comes from the virtual MAC, if that is set', async () => {
    await using world = new World();
    const one = await host(world);
    one.create({ ...DUAL, virtualMac: true });
    world.advance(3500);
    const news = sent(one);
    world.advance(1000);
    for (const { lladdr } of news()) assert.deepEqual([...lladdr!], [0, 0, 0x5e, 0, 1, 1]);
  });

  it('comes from the source that is set', async () => {
    await using world = new World();
    const one = await host(world, ['10.88.0.1/24', '10.88.0.11/24', 'fe80::1/64', 'fe80::11/64']);
    const vhid = one.create({ ...DUAL, source: '10.88.0.11', source6: 'fe80::11' });
    world.advance(3500);
    const news = sent(one);
    world.advance(1000);
    assert.deepEqual(ways(news()), ['10.88.0.11 > 224.0.0.18', 'fe80::11 > ff02::12']);
    vhid.configure({ source: undefined, source6: undefined });
    news();
    world.advance(1000);
    assert.deepEqual(ways(news()), ['10.88.0.1 > 224.0.0.18', 'fe80::1 > ff02::12']);
  });

  it('comes from the next address when the one goes, and of IPv6 from another one than a link-local where there is none', async () => {
    await using world = new World();
    const one = await host(world, ['10.88.0.1/24', '10.88.0.11/24', 'fd88::1/64']);
    one.create(DUAL);
    world.advance(3500);
    const news = sent(one);
    one.kernel.get(IfnetModule).byName('eth0')!.removeAddress(InetPrefix.parse('10.88.0.1/24'));
    world.advance(1000);
    assert.deepEqual(ways(news()), ['10.88.0.11 > 224.0.0.18', 'fd88::1 > ff02::12']);
  });

  it('comes from the shared address where there is no other', async () => {
    await using world = new World();
    const one = await host(world, ['fe80::1/64']);
    const vhid = one.create(DUAL);
    const { output } = softcOf(vhid);
    assert.deepEqual([output.voice, vhid.toJSON().muteFamilies], ['own', undefined]);
    assert.deepEqual(
      [4, 6].map((family) => String(output.source(family as InetFamily))),
      ['10.88.0.100', 'fe80::1'],
    );
    world.advance(3500);
    const news = sent(one);
    world.advance(1000);
    assert.deepEqual(ways(news()), ['10.88.0.100 > 224.0.0.18', 'fe80::1 > ff02::12']);
  });

  it("comes from the vhid's own shared address before another's, and from that only while it is there", async () => {
    await using world = new World();
    const one = await host(world, ['10.88.0.1/24']);
    const [first, second] = [100, 101].map((n) => one.create({ vhid: n, addresses: [`10.88.0.${n}/24`] }));
    const last = one.create({ vhid: 102, addresses: ['10.88.0.102/24'], provider: 'none' });
    const sources = (): string[] =>
      [second!, last].map((vhid) => String(softcOf(vhid).output.source(4)).replace('10.88.0.', ''));
    world.advance(3500);
    assert.deepEqual(sources(), ['1', '1']);
    one.kernel.get(IfnetModule).byName('eth0')!.removeAddress(InetPrefix.parse('10.88.0.1/24'));
    assert.deepEqual(sources(), ['101', '100']);
    first!.setState('INIT');
    assert.deepEqual(sources(), ['101', '101']);
    second!.setState('INIT');
    assert.deepEqual(sources(), ['101', 'undefined']);
    first!.setState('BACKUP');
    world.advance(3500);
    assert.deepEqual(sources(), ['101', '100']);
  });

  it('comes from a shared address as soon as that is there, of a family that has no other', async () => {
    await using world = new World();
    const one = await host(world, ['10.88.0.1/24']);
    const other = one.create({ vhid: 101, addresses: ['fd88::101/64'] });
    const { output } = softcOf(one.create({ vhid: 102, ...DUAL, provider: 'none' }));
    assert.deepEqual([String(output.source(4)), output.source(6)], ['10.88.0.1', undefined]);
    world.advance(3500);
    assert.equal(String(output.source(6)), 'fd88::101');
    other.setState('INIT');
    assert.equal(output.source(6), undefined);
  });

  it("comes from another address than a shared one, though that is the host's own", async () => {
    await using world = new World();
    const one = await host(world, ['10.88.0.1/24', '10.88.0.9/24']);
    assert.equal(String(softcOf(one.create({ addresses: ['10.88.0.1/24'] })).output.source(4)), '10.88.0.9');
  });

  it('comes from a link-local address of IPv4 only if that is the first', async () => {
    await using world = new World();
    const one = await host(world, ['10.88.0.1/24', '169.254.1.1/16']);
    assert.equal(String(softcOf(one.create()).output.source(4)), '10.88.0.1');
  });

  it('comes from the shared address only if that will be on the interface', async () => {
    const voice = async (
      options: Partial<CarpVhidOptions>,
      disabled: number | undefined,
    ): Promise<string> => {
      await using world = new World();
      const one = await host(world, []);
      const ifp = one.kernel.get(IfnetModule).byName('eth0')!;
      const sysctl = ifp.sysctl.bind(ifp);
      ifp.sysctl = (family, name) => (name === 'disable_ipv6' ? disabled : sysctl(family, name));
      return softcOf(one.create(options)).output.voice;
    };
    const [four, six] = [{ addresses: [SHARED] }, { addresses: ['fd88::100/64'] }];
    assert.equal(await voice(four, 1), 'shared');
    assert.equal(await voice(six, 0), 'shared');
    assert.equal(await voice(six, 1), 'none', 'IPv6 is off');
    assert.equal(await voice({ ...four, virtualMac: 'service' }, 0), 'none', 'it will be on a macvlan');
    assert.equal(await voice({ ...four, provider: 'none' }, 0), 'none', 'it will be elsewhere');
  });

  it('that has no address to come from is missed in its family alone, and counted', async () => {
    await using world = new World();
    const one = await host(world, ['fe80::1/64']);
    const vhid = one.create({ ...DUAL, virtualMac: 'service' });
    const { output } = softcOf(vhid);
    assert.deepEqual([output.voice, vhid.toJSON().muteFamilies, output.source(4)], ['own', [4], undefined]);
    world.advance(3500);
    const news = sent(one);
    const before = one.carp.statistics.senderrors.value;
    world.advance(1000);
    assert.deepEqual(ways(news()), ['fe80::1 > ff02::12']);
    assert.equal(one.carp.statistics.senderrors.value - before, 1);
    assert.ok(
      one.log.some(
        ({ message }) =>
          message ===
          '1@eth0: cannot advertise over IPv4: its interface has no IPv4 address of its own, or no socket, to advertise from',
      ),
    );
  });
});

describe('a MASTER that lacks a family', () => {
  it('counts as demoted from the third advertisement in a row without it, and says so at once', async () => {
    await using world = new World();
    const one = await host(world, ['10.88.0.1/24', 'fe80::1/64']);
    const vhid = one.create({ ...DUAL, virtualMac: 'service' });
    world.advance(3500);
    const ifp = one.kernel.get(IfnetModule).byName('eth0')!;
    const six = InetPrefix.parse('fe80::1/64');
    const { output } = softcOf(vhid);
    /** The advskew of what is sent in so many seconds. */
    const skews = (seconds: number): (number | undefined)[] => {
      world.seen.length = 0;
      world.advance(1000 * seconds);
      return world.seen.filter(({ kind }) => kind === 'carp4').map(({ payload }) => payload[2]);
    };
    ifp.removeAddress(six);
    assert.deepEqual([skews(2), vhid.advskew, output.holdsBack], [[0, 0], 0, false]);
    ifp.addAddress(six, { nodad: true });
    assert.deepEqual(skews(1), [0], 'it begins anew');
    ifp.removeAddress(six);
    assert.deepEqual([skews(3), vhid.advskew], [[0, 0, 0, 240], 240]);
    assert.equal(output.holdsBack, true, 'the rest of its failover group should be elsewhere too');
    assert.deepEqual(skews(2), [240]);
  });

  it('without a socket for it lacks it too, whatever its addresses', async () => {
    await using world = new World();
    const one = await host(world);
    const vhid = one.create(DUAL);
    const { carpIf, output } = softcOf(vhid);
    const socket = carpIf!.socket.bind(carpIf!);
    carpIf!.socket = (family, kind) => (family === 6 ? undefined : socket(family, kind));
    output.changed();
    assert.deepEqual([output.muteFamilies, output.voice, output.source(6)], [[6], 'own', undefined]);
    carpIf!.socket = () => undefined;
    output.changed();
    assert.deepEqual([output.muteFamilies, output.voice], [[4, 6], 'none']);
  });
});

describe('a vhid that cannot send', () => {
  /** Two vhids on eth0 and one on eth1; the first cannot send from now on. */
  async function muted(world: World) {
    const one = await host(world);
    one.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.1/24'] });
    const first = one.create(DUAL);
    const second = one.create({ vhid: 2, addresses: ['10.88.0.102/24'] });
    const third = one.create({ vhid: 3, ifname: 'eth1', addresses: ['10.77.0.103/24'] });
    world.advance(5000);
    const { output, carpIf } = softcOf(first);
    const socket = carpIf!.socket(4, 'group')!;
    const send = socket.send.bind(socket);
    socket.send = (payload, to) => {
      if (payload[1] === 1) throw new IfnetError('ENOBUFS', 'eth0', 'no room');
      send(payload, to);
    };
    world.advance(4000);
    assert.deepEqual(
      [first, second, third].map(({ advskew }) => advskew),
      [240, 240, 0],
    );
    return { one, first, second, third, output, carpIf: carpIf! };
  }

  it('is named in the log', async () => {
    await using world = new World();
    const { one } = await muted(world);
    const said = '1@eth0: cannot send an advertisement to 224.0.0.18: eth0: no room';
    assert.ok(one.log.some(({ message }) => message.startsWith(said)));
  });

  it('demotes the others as long as it is there, and has not left that to a successor', async () => {
    await using world = new World();
    const { one, first, second } = await muted(world);
    one.carp.remove(first);
    assert.equal(second.advskew, 0);
    await using other = new World();
    const { second: its, output } = await muted(other);
    output.give();
    assert.equal(its.advskew, 0);
  });

  it('is not whole again because it does not even try, without a socket', async () => {
    await using world = new World();
    const { second, output, carpIf } = await muted(world);
    const socket = carpIf.socket.bind(carpIf);
    carpIf.socket = () => undefined;
    output.changed();
    world.advance(10_000);
    assert.equal(second.advskew, 240);
    carpIf.socket = socket;
  });

  it('demotes nobody elsewhere when its interface is gone', async () => {
    await using world = new World();
    const { one, first, third } = await muted(world);
    (one.kernel.get(IfnetModule).byName('eth0') as LanIfnet).destroy();
    world.advance(5000);
    assert.deepEqual([first.state, third.state], ['INIT', 'MASTER']);
    const reasons = third.toJSON().demotedBy ?? [];
    assert.deepEqual(
      reasons.filter((reason) => reason.includes('cannot send')),
      [],
      'the lost interface alone does',
    );
  });

  it('hands over all of that', async () => {
    await using world = new World();
    const { third, output } = await muted(world);
    const state = structuredClone(output.capture());
    assert.deepEqual([state.failing, state.fault.raised, state.incomplete], [[4], true, 0]);
    const heir = softcOf(third).output;
    heir.adopt({ ...state, incomplete: 2 });
    assert.deepEqual(heir.capture(), { ...state, incomplete: 2 });
  });
});

describe('a bow-out', () => {
  it('is counted once, and says advbase and advskew 255 in each family', async () => {
    await using world = new World();
    const one = await host(world);
    const vhid = one.create(DUAL);
    world.advance(3500);
    world.seen.length = 0;
    vhid.setState('BACKUP');
    assert.equal(one.carp.statistics.bowouts.value, 1);
    assert.deepEqual(
      world.seen.map(({ kind, payload }) => [kind, payload[2], payload[5]]),
      [
        ['carp4', 255, 255],
        ['carp6', 255, 255],
      ],
    );
  });
});

describe('a word to one host', () => {
  const OTHERS = ['10.88.0.9', 'fe80::9'].map((text) => InetAddress.parse(text));
  /** It is repeated to one host in each family. */
  async function repeated(options: Partial<CarpVhidOptions>): Promise<ReturnType<ReturnType<typeof sent>>> {
    await using world = new World();
    const one = await host(world);
    one.create({ ...DUAL, ...options });
    world.advance(3500);
    const news = sent(one);
    const { output } = softcOf(one.carp.list()[0]);
    output.follow('word');
    for (const source of OTHERS) output.answer({ units: 256, demote: 0, source }, true);
    return news();
  }

  it('goes to no other of the group, from the address of its family, not by broadcast or from the virtual MAC', async () => {
    const all = await repeated({ broadcast: true, virtualMac: true });
    assert.deepEqual(ways(all), ['10.88.0.1 > 10.88.0.9', 'fe80::1 > fe80::9']);
    for (const { lladdr, broadcast, ttl } of all)
      assert.deepEqual([lladdr, broadcast, ttl], [undefined, false, 255]);
  });

  it('goes to unicast peers alone, where there are some', async () => {
    const all = await repeated({ peers: ['10.88.0.9', '10.88.0.3', 'fd88::3'] });
    assert.deepEqual(ways(all), ['10.88.0.1 > 10.88.0.9']);
  });
});
