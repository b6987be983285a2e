/** A dual-stack vhid of which one family is broken: the other one goes on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhid, CarpVhidOptions } from '../../../modules/carp/index.js';
import {
  IfnetModule,
  type InetFamily,
  InetPrefix,
  type IpSocketOptions,
} from '../../../modules/ifnet/index.js';
import { machine } from './support/machine.js';
import { softcOf } from './support/softc.js';
import { type Host, World } from './support/world.js';

const DUAL = { addresses: ['10.88.0.100/24', 'fd00::100/64'] };
const BOTH: readonly InetFamily[] = [4, 6];
const [FASTER, SLOWER, BOW_OUT] = [256 + 10, 256 + 90, 255 * 256 + 255];

/** A BACKUP with advskew 50, which preempts unless told otherwise, and an advertisement of each family every second. */
function listener(advertisements: Partial<Record<InetFamily, number>>, preempt = true) {
  const under = machine(50, preempt, { families: BOTH });
  const second = (each: Partial<Record<InetFamily, number>> = advertisements): void => {
    under.clock.advanceSync(999);
    if (each[4] !== undefined) under.hear(each[4], 0, 4);
    under.clock.advanceSync(1);
    if (each[6] !== undefined) under.hear(each[6], 0, 6);
  };
  return { ...under, second, seconds: (n: number) => Array.from({ length: n }, () => second()) };
}

describe('a BACKUP with two families', () => {
  for (const [heard, missing] of [
    [4, 6],
    [6, 4],
  ] as const) {
    it(`that hears the master over IPv${heard} alone stays BACKUP, and says so once`, () => {
      const { self, seconds, second, log } = listener({ [heard]: FASTER });
      seconds(60);
      assert.equal(self.state, 'BACKUP');
      assert.deepEqual(self.unheard, [missing]);
      assert.equal(log.filter((line) => line.endsWith(`misses the master over IPv${missing}`)).length, 1);
      second({ 4: FASTER, 6: FASTER });
      assert.deepEqual(self.unheard, []);
      assert.match(log.at(-1)!, new RegExp(`hears it over IPv${missing} again`));
    });

    it(`takes over a dead time after IPv${heard} has fallen silent too`, () => {
      const { self, seconds, clock, log } = listener({ [heard]: FASTER });
      seconds(10);
      clock.advanceSync(3190);
      assert.equal(self.state, 'BACKUP');
      clock.advanceSync(10);
      assert.match(log.at(-1)!, /MASTER master timed out/);
    });

    it(`preempts a slower master, and follows a bow-out, that IPv${heard} alone hears`, () => {
      for (const [units, reason] of [
        [SLOWER, 'preempting a slower master'],
        [BOW_OUT, 'master will time out'],
      ] as const) {
        const { self, seconds, second, log } = listener({ [heard]: FASTER }, units === SLOWER);
        seconds(10);
        second({ [heard]: units });
        assert.equal(self.state, 'MASTER');
        assert.ok(log.at(-1)!.endsWith(reason));
      }
    });
  }

  it('between two masters, each heard in another family, obeys the better one', () => {
    for (const [four, six] of [
      [FASTER, SLOWER],
      [SLOWER, FASTER],
    ] as const) {
      const { self, seconds } = listener({ 4: four, 6: six });
      seconds(30);
      assert.equal(self.state, 'BACKUP');
      assert.deepEqual(self.unheard, []);
    }
  });

  it('takes over from two worse ones, and when the one bows out and the other dies', () => {
    const worse = listener({ 4: SLOWER, 6: SLOWER });
    worse.seconds(1);
    assert.match(worse.log.at(-1)!, /MASTER preempting a slower master/);
    const { self, second, seconds, clock } = listener({ 4: FASTER, 6: FASTER });
    seconds(3);
    second({ 4: BOW_OUT, 6: FASTER });
    clock.advanceSync(3000);
    assert.equal(self.state, 'BACKUP', 'the other one is alive until its dead time is over');
    clock.advanceSync(200);
    assert.equal(self.state, 'MASTER');
  });

  it('takes over from one that bows out with the second of the two advertisements, not with the first', () => {
    const { self, seconds, hear, log } = listener({ 4: FASTER, 6: FASTER }, false);
    seconds(5);
    hear(BOW_OUT, 0, 6);
    assert.equal(self.state, 'BACKUP');
    hear(BOW_OUT, 0, 4);
    assert.match(log.at(-1)!, /^5000 MASTER master will time out/);
  });

  it('does not take the families of a dead master for missing because one times out first', () => {
    const { self, seconds, clock } = listener({ 4: FASTER, 6: FASTER });
    seconds(5);
    clock.advanceSync(3300);
    assert.equal(self.state, 'MASTER');
    assert.deepEqual(self.unheard, []);
  });
});

async function pair(
  world: World,
  options: Partial<CarpVhidOptions> = {},
): Promise<{ hosts: Host[]; vhids: CarpVhid[] }> {
  for (const n of [1, 2]) await world.host([`10.88.0.${n}/24`, `fe80::${n}/64`]);
  const vhids = world.hosts.map((host, i) => host.create({ ...DUAL, advskew: i * 50, ...options }));
  world.advance(10_000);
  assert.deepEqual(
    vhids.map(({ state }) => state),
    ['MASTER', 'BACKUP'],
  );
  return { hosts: world.hosts, vhids };
}

/** The sockets of a host's interface, as they are opened from now on. */
function opened({ kernel }: Host): string[] {
  const ifp = kernel.get(IfnetModule).byName('eth0')!;
  const open = ifp.openIp.bind(ifp);
  const seen: string[] = [];
  ifp.openIp = (options: IpSocketOptions) => {
    seen.push(`IPv${options.family} ${options.groups?.join()}`);
    return open(options);
  };
  return seen;
}

describe('a dual-stack pair', () => {
  it('with one family lost on the way does not move; counter, log and status say which', async () => {
    await using world = new World();
    const { hosts, vhids } = await pair(world);
    world.history();
    const socket = softcOf(vhids[0]).carpIf!.socket(6, 'group')!;
    const send = socket.send.bind(socket);
    socket.send = () => {};
    world.advance(60_000);
    assert.deepEqual(world.history(), []);
    const { log, carp } = hosts[1]!;
    const warnings = () => log.filter(({ message }) => message.includes('IPv6'));
    assert.deepEqual(
      warnings().map(({ message }) => message),
      [
        '1@eth0: the master is heard, but not over IPv6; staying BACKUP. On both hosts and between them look for ' +
          'IPv6 switched off (disable_ipv6), an MTU below 1280, a switch that filters multicast (MLD snooping)',
      ],
    );
    assert.equal(carp.statistics.unheard.value, 1);
    assert.deepEqual(vhids[1]!.toJSON().unheardFamilies, [6]);
    socket.send = send;
    world.advance(2000);
    assert.match(warnings().at(-1)!.message, /the master is heard over IPv6 again/);
    assert.equal(vhids[1]!.toJSON().unheardFamilies, undefined);
  });

  it('renews the socket of a family that is missing, once', async () => {
    await using world = new World();
    const { hosts, vhids } = await pair(world);
    const sockets = opened(hosts[1]!);
    softcOf(vhids[0]).carpIf!.socket(6, 'group')!.send = () => {};
    world.advance(30_000);
    assert.deepEqual(sockets, ['IPv6 ff02::12']);
  });

  it('renews the socket when the first address of a family comes back', async () => {
    await using world = new World();
    const { hosts, vhids } = await pair(world);
    const ifp = hosts[1]!.kernel.get(IfnetModule).byName('eth0')!;
    const sockets = opened(hosts[1]!);
    for (const [prefix, group] of [
      ['fe80::2/64', 'IPv6 ff02::12'],
      ['10.88.0.2/24', 'IPv4 224.0.0.18'],
    ] as const) {
      ifp.removeAddress(InetPrefix.parse(prefix));
      world.advance(2000);
      assert.deepEqual(sockets.splice(0), []);
      ifp.addAddress(InetPrefix.parse(prefix));
      assert.deepEqual(sockets.splice(0), [group]);
      ifp.addAddress(InetPrefix.parse(prefix.replace('2/', '77/')));
      assert.deepEqual(sockets.splice(0), [], 'a second address changes nothing');
    }
    world.advance(10_000);
    assert.equal(vhids[1]!.state, 'BACKUP');
  });
});

/** Changes the addresses of a host's eth0. */
function addressing({ kernel }: Host) {
  const ifp = kernel.get(IfnetModule).byName('eth0')!;
  return {
    add: (text: string) => ifp.addAddress(InetPrefix.parse(text), { nodad: true }),
    remove: (text: string) => ifp.removeAddress(InetPrefix.parse(text)),
  };
}

/** Two hosts with a failover group each, which has one vhid of each family; the first host is preferred. */
async function groups(world: World, preempt: boolean): Promise<[Host, Host]> {
  const host = async (n: number): Promise<Host> => {
    const made = await world.host([`10.88.0.${n}/24`, `fe80::${n}/64`]);
    for (const [i, address] of DUAL.addresses.entries())
      made.create({
        vhid: 1 + i,
        addresses: [address],
        advskew: 100 * (n - 1),
        virtualMac: 'service',
        failoverGroup: 'firewall',
        preempt,
      });
    return made;
  };
  return [await host(1), await host(2)];
}

describe('a host that cannot advertise', () => {
  for (const virtualMac of [false, 'service'] as const) {
    it(`does not preempt, and says why, until it can (virtualMac ${virtualMac})`, async () => {
      await using world = new World();
      const [first, second] = [await world.host([]), await world.host()];
      const options = { preempt: true, virtualMac } as const;
      const preferred = first.create(options);
      const other = second.create({ ...options, advskew: 100 });
      world.advance(2000);
      other.setState('MASTER');
      world.history();
      world.advance(30_000);
      assert.deepEqual(world.history(), []);
      assert.deepEqual([preferred.state, other.state], ['BACKUP', 'MASTER']);
      const warnings = first.log.filter(({ message }) => message.includes('not taking over'));
      assert.deepEqual(
        warnings.map(({ message }) => message),
        [
          '1@eth0: not taking over (preempting a slower master): its interface has no IPv4 address of its own, or no ' +
            'socket, to advertise from',
        ],
      );
      addressing(first).add('10.88.0.1/24');
      world.advance(1500);
      assert.deepEqual([preferred.state, other.state], ['MASTER', 'BACKUP']);
    });
  }

  it('takes over from a dead master, where it can from the shared address, with its first advertisement', async () => {
    for (const [virtualMac, state] of [
      [false, 'MASTER'],
      ['service', 'BACKUP'],
    ] as const) {
      await using world = new World();
      const [first, second] = [await world.host([]), await world.host()];
      const alone = first.create({ virtualMac, advskew: 100 });
      second.create({ virtualMac });
      world.advance(5000);
      world.lan.cut('host2:eth0');
      world.seen.length = 0;
      world.advance(4000);
      assert.equal(alone.state, state);
      const at = world.seen.find(({ kind, port }) => kind === 'carp4' && port === 'host1:eth0')?.time;
      const became = world.transitions.find(({ host, to }) => host === 'host1' && to === 'MASTER')?.time;
      assert.equal(at, became);
    }
  });

  it('yields to every MASTER that it hears', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair(
      { virtualMac: 'service' },
      { virtualMac: 'service', advskew: 100 },
    );
    world.advance(5000);
    addressing(hosts[0]!).remove('10.88.0.1/24');
    world.history();
    world.advance(10_000);
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['BACKUP', 'MASTER'],
    );
    assert.match(world.history().at(-1)!, /host1 MASTER->BACKUP cannot advertise/);
  });

  for (const preempt of [false, true]) {
    it(`is followed by its failover group to a host that can, and by none back (preempt ${preempt})`, async () => {
      await using world = new World();
      const [first] = await groups(world, preempt);
      world.advance(5000);
      assert.deepEqual(world.masters(), ['host1', 'host1']);
      world.history();
      const { add, remove } = addressing(first);
      // An address that is replaced moves nothing.
      remove('10.88.0.1/24');
      world.advance(1500);
      add('10.88.0.1/24');
      world.advance(10_000);
      assert.deepEqual(world.history(), []);
      remove('10.88.0.1/24');
      world.advance(10_000);
      assert.deepEqual(world.masters(), ['host2', 'host2']);
      world.history();
      world.advance(30_000);
      assert.deepEqual(world.history(), []);
      add('10.88.0.1/24');
      world.advance(5000);
      const winner = preempt ? 'host1' : 'host2';
      assert.deepEqual(world.masters(), [winner, winner]);
    });

    it(`does not follow its failover group while it hears a MASTER (preempt ${preempt})`, async () => {
      await using world = new World();
      const [first, second] = await groups(world, preempt);
      world.advance(5000);
      addressing(first).remove('10.88.0.1/24');
      addressing(second).remove('fe80::2/64');
      world.advance(20_000);
      // Each host can advertise in one of two families: the group has to be divided.
      assert.deepEqual(world.masters(), ['host1', 'host2']);
      world.history();
      world.advance(30_000);
      assert.deepEqual(world.history(), []);
    });
  }

  for (const end of ['stops', 'is gone'] as const) {
    it(`follows its failover group when the only other host ${end}`, async () => {
      // At any moment between two advertisements: which vhid of the other host was heard last differs.
      for (let phase = 0; phase < 10; phase++) {
        await using world = new World(phase);
        const [first, second] = await groups(world, false);
        world.advance(5000);
        addressing(first).remove('10.88.0.1/24');
        world.advance(10_000 + 137 * phase);
        assert.deepEqual(world.masters(), ['host2', 'host2']);
        if (end === 'stops') await second.kernel.shutdown();
        else world.lan.cut('host2:eth0');
        world.advance(15_000);
        assert.deepEqual(
          first.carp.list().map(({ state }) => state),
          ['MASTER', 'MASTER'],
          `phase ${phase}`,
        );
        world.history();
        world.advance(30_000);
        assert.deepEqual(world.history(), []);
      }
    });
  }

  it('in one of two families hands over to a whole one, and is as good as before once it is whole', async () => {
    await using world = new World();
    const { hosts, vhids } = await pair(world, { virtualMac: 'service', preempt: true });
    const { add, remove } = addressing(hosts[0]!);
    remove('fe80::1/64');
    world.advance(10_000);
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['BACKUP', 'MASTER'],
    );
    world.history();
    add('fe80::1/64');
    world.seen.length = 0;
    world.advance(1500);
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['MASTER', 'BACKUP'],
    );
    const [first] = world.seen.filter(({ kind, port }) => kind === 'carp4' && port === 'host1:eth0');
    assert.equal(first?.payload[2], 0, 'its first advertisement is that of the better one');
  });

  it('in one of two families waits for a whole master with a longer interval than its dead time', async () => {
    await using world = new World();
    for (const n of [1, 2]) await world.host([`10.88.0.${n}/24`, `fe80::${n}/64`]);
    const [first, second] = world.hosts.map((host, i) =>
      host.create({ ...DUAL, virtualMac: 'service', advbase: 0, advskew: 20 + 80 * i }),
    );
    world.advance(2000);
    addressing(world.hosts[0]!).remove('fe80::1/64');
    world.advance(5000);
    assert.deepEqual([first!.state, second!.state], ['BACKUP', 'MASTER']);
    world.history();
    world.advance(20_000);
    assert.deepEqual(world.history(), []);
    world.lan.cut('host2:eth0');
    world.advance(1500);
    assert.equal(first!.state, 'MASTER', 'three intervals of the master have passed');
  });

  it('in one of two families counts as demoted: at once as BACKUP, after three advertisements as MASTER', async () => {
    await using world = new World();
    const { hosts, vhids } = await pair(world, { virtualMac: 'service' });
    for (const [i, host] of hosts.entries()) addressing(host).remove(`fe80::${i + 1}/64`);
    assert.deepEqual([vhids[0]!.advskew, vhids[1]!.advskew], [0, 240]);
    assert.deepEqual(vhids[1]!.toJSON().muteFamilies, [6]);
    world.advance(5000);
    assert.equal(vhids[0]!.advskew, 240);
    world.history();
    world.advance(60_000);
    assert.deepEqual(world.history(), [], 'both lack IPv6: neither is better for it');
  });
});
