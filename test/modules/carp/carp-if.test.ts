/** CARP on one interface by itself: what it takes from its sockets, and what it leaves when it goes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import { CarpInterface, type CarpMember } from '../../../modules/carp/link/carp-if.js';
import {
  type IfAddress,
  IfnetError,
  IfnetModule,
  InetAddress,
  InetPrefix,
  type IpPacket,
  type IpSocketOptions,
} from '../../../modules/ifnet/index.js';
import { advertisement } from './support/advertisement.js';
import { softcOf } from './support/softc.js';
import { SHARED, World } from './support/world.js';

const OPTIONS: CarpVhidOptions = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
const PEER = '10.88.0.9';

/** An interface of its own beside a host's, the sockets that it opens, its claims, and what it does with them. */
async function made(world: World, standby = false) {
  const host = await world.host(['10.88.0.1/24', 'fe80::1/64']);
  const ifp = host.kernel.get(IfnetModule).byName('eth0')!;
  const opened: IpSocketOptions[] = [];
  const calls: string[] = [];
  const lack: { error?: IfnetError | undefined } = {};
  const open = ifp.openIp.bind(ifp);
  ifp.openIp = (options) => {
    if (lack.error !== undefined) throw lack.error;
    opened.push(options);
    const socket = open(options);
    const close = socket[Symbol.dispose].bind(socket);
    socket.drain = () => void calls.push(`drain ${options.family}`);
    socket[Symbol.dispose] = () => {
      calls.push(`close ${options.family}`);
      close();
    };
    return socket;
  };
  ifp.claim = () => {
    calls.push('claim');
    return { [Symbol.dispose]: () => void calls.push('release') };
  };
  const { statistics, tunables } = host.carp;
  const log: string[] = [];
  const refusalLog = () => ({ warning: (text: () => string) => log.push(text()) }) as never;
  const succession = { standby } as never;
  const needs = {
    clock: world.clock,
    protocol: 'carp' as const,
    statistics,
    tunables,
    succession,
    refusalLog,
  };
  const carpIf = new CarpInterface(ifp, needs);
  const heard: string[] = [];
  let changes = 0;
  /** A vhid of another host, which tells what it hears. */
  const member = async (options: Partial<CarpVhidOptions> = {}): Promise<CarpMember> => {
    const softc = softcOf((await world.host()).create({ ...OPTIONS, ...options }));
    softc.heard = (packet, { time }) => void heard.push(`${time} ${softc.vhid} ${packet.source}`);
    softc.pathsChanged = () => void changes++;
    return softc;
  };
  const counts = () =>
    Object.fromEntries(Object.entries(statistics).map(([name, { value }]) => [name, value]));
  /** Puts a packet into a socket, past its filter. @returns what that counted */
  const give = (payload: Uint8Array, at = 0, source = PEER): Record<string, number> => {
    const before = counts();
    const from = InetAddress.parse(source);
    const packet: IpPacket = { family: from.family, source: from, ttl: 255, payload };
    opened[at]!.input(packet);
    const after = Object.entries(counts()).map(([name, value]) => [name, value - before[name]!] as const);
    return Object.fromEntries(after.filter(([, news]) => news !== 0));
  };
  const changed = (): number => changes;
  return { host, ifp, carpIf, opened, calls, lack, log, heard, member, give, changed };
}

let counter = 1n;
const said = (options: Partial<CarpVhidOptions> = {}): Uint8Array =>
  advertisement({ ...OPTIONS, ...options }, { counter: counter++ });

describe('takeovers that come of what lies in the sockets', () => {
  it('wait until all is read, and come in their order: hundreds do not call each other', async () => {
    await using world = new World();
    const { carpIf, member, opened, calls } = await made(world);
    const vhid = await member();
    carpIf.add(vhid);
    const waiting = Array.from({ length: 2000 }, (_, i) => i);
    const taken: number[] = [];
    let depth = 0;
    // As the machine of a vhid does with an advertisement that has it take over.
    vhid.heard = () => {
      assert.ok(++depth < 3, 'one is heard within the other');
      const number = taken.length + waiting.length;
      carpIf.afterReading(() => void taken.push(number));
      depth--;
    };
    const packet = (): IpPacket => ({
      family: 4,
      source: InetAddress.parse(PEER),
      ttl: 255,
      payload: said(),
    });
    carpIf.socket(4, 'group')!.drain = () => {
      calls.push('read');
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) opened[0]!.input(packet());
    };
    opened[0]!.input(packet());
    assert.deepEqual(
      [taken.length, waiting.length, calls.filter((call) => call === 'read').length],
      [2001, 0, 1],
    );
  });

  it('come though one of them throws, which is told at the end', async () => {
    await using world = new World();
    const { carpIf, member } = await made(world);
    carpIf.add(await member());
    const taken: number[] = [];
    const claim = (number: number): void =>
      carpIf.afterReading(() => {
        taken.push(number);
        if (number === 1) throw new Error('why');
      });
    carpIf.socket(4, 'group')!.drain = () => [1, 2].forEach(claim);
    assert.throws(() => claim(0), /why/);
    assert.deepEqual(taken, [0, 1, 2]);
  });

  it('come at once when nothing lies there', async () => {
    await using world = new World();
    const { carpIf, member } = await made(world);
    carpIf.add(await member());
    let taken = 0;
    carpIf.afterReading(() => void taken++);
    assert.equal(taken, 1);
  });
});

describe('what comes from a socket', () => {
  it('is heard by the vhid that it is for', async () => {
    await using world = new World();
    const { carpIf, heard, member, give } = await made(world);
    for (const vhid of [1, 255]) carpIf.add(await member({ vhid }));
    assert.deepEqual(give(said()), { ipackets: 1 });
    assert.deepEqual(give(said({ vhid: 255 })), { ipackets: 1 });
    assert.deepEqual(heard, [`0 1 ${PEER}`, `0 255 ${PEER}`]);
  });

  it('is counted by what is wrong with it, and not heard', async () => {
    await using world = new World();
    const { carpIf, heard, member, give, host } = await made(world);
    carpIf.add(await member());
    const first = (byte: number): Uint8Array => said().fill(byte, 0, 1);
    assert.deepEqual(give(said().subarray(0, 35)), { ipackets: 1, badlen: 1 });
    assert.deepEqual(give(first(0x41)), { ipackets: 1, badver: 1 });
    assert.deepEqual(give(first(0x22)), { ipackets: 1, badtype: 1 });
    assert.deepEqual(give(said({ vhid: 2 })), { ipackets: 1, badvhid: 1 });
    assert.deepEqual(give(said(), 0, '10.88.0.1'), { ipackets: 1, looped: 1 });
    assert.deepEqual(give(said(), 0, 'fe80::9'), { ipackets6: 1, badvhid: 1 }, 'the vhid has no IPv6');
    host.kernel.sysctl.set('net.inet.carp.allow', 0);
    assert.deepEqual(give(said()), { ipackets: 1, disallowed: 1 });
    assert.deepEqual(heard, []);
  });

  it('is left to the other socket, if that is the one of the vhid', async () => {
    await using world = new World();
    const { carpIf, opened, heard, member, give } = await made(world);
    carpIf.add(await member());
    carpIf.add(await member({ vhid: 2, addresses: ['10.88.0.102/24'], peers: ['10.88.0.7'] }));
    assert.equal(opened.length, 2);
    assert.deepEqual(give(said(), 1), { ipackets: 1 });
    assert.deepEqual(heard, []);
    give(said(), 0);
    assert.equal(heard.length, 1);
  });

  it('of a VRRP router with a number that no vhid has is nothing', async () => {
    await using world = new World();
    const { carpIf, member, give, log } = await made(world);
    carpIf.add(await member());
    const vrrp = Uint8Array.from('2133960100013e0e0a5800640000000000000000'.match(/../g)!, (hex) =>
      Number.parseInt(hex, 16),
    );
    assert.deepEqual(give(vrrp), { ipackets: 1 });
    assert.deepEqual(log, []);
    vrrp[1] = 1;
    assert.deepEqual(give(vrrp), { ipackets: 1, vrrp: 1 });
    assert.equal(log.length, 1);
  });
});

describe('while a predecessor is at work', () => {
  it('what comes is kept until that has stopped, and what both have heard is not counted', async () => {
    await using world = new World();
    const { carpIf, calls, heard, host, member, give } = await made(world, true);
    carpIf.add(await member());
    const twice = said();
    const wrong = said({ password: 'guess' });
    for (const payload of [twice, twice]) assert.deepEqual(give(payload), {});
    assert.deepEqual(heard, []);
    calls.length = 0;
    world.advance(100);
    carpIf.begin();
    assert.deepEqual([calls, heard], [['drain 4'], [`100 1 ${PEER}`]]);
    assert.equal(host.carp.statistics.replayed.value, 0);
    assert.deepEqual(give(said()), { ipackets: 1 });
    assert.equal(heard.length, 2, 'from now on it is heard at once');
    assert.deepEqual(give(twice), { ipackets: 1, replayed: 1 });
    assert.deepEqual(give(wrong), { ipackets: 1, badauth: 1 });
  });
});

describe('the addresses of the interface', () => {
  it('that are its own are those that nobody shares and that can be used', async () => {
    await using world = new World();
    const { carpIf, ifp, member, changed } = await made(world);
    carpIf.add(await member({ addresses: [SHARED, '10.88.0.7/24'] }));
    const address = (text: string, marks: Partial<IfAddress> = {}): IfAddress => ({
      ...ifp.addresses[0]!,
      prefix: InetPrefix.parse(`${text}/24`),
      ...marks,
    });
    const addresses = [
      address('10.88.0.7'),
      address('10.88.0.3', { vhid: 2 }),
      address('10.88.0.4', { tentative: true }),
      address('10.88.0.5', { dadFailed: true }),
      address('10.88.0.6', { protocol: 112 }),
      address('10.88.0.8', { dadFailed: false }),
    ];
    Object.defineProperty(ifp, 'addresses', { get: () => addresses });
    const before = changed();
    carpIf.addressesChanged();
    assert.deepEqual(carpIf.own.map(String), ['10.88.0.8']);
    assert.equal(changed() - before, 1);
  });

  it('are looked at anew for a vhid that shares one of them, and for no other', async () => {
    await using world = new World();
    const { carpIf, member, changed } = await made(world);
    carpIf.add(await member());
    assert.deepEqual(carpIf.own.map(String), ['10.88.0.1', 'fe80::1']);
    const before = changed();
    carpIf.add(await member({ vhid: 2, addresses: ['10.88.0.102/24'] }));
    assert.equal(changed(), before);
    carpIf.add(await member({ vhid: 3, addresses: ['10.88.0.103/24', '10.88.0.1/24'] }));
    assert.deepEqual(carpIf.own.map(String), ['fe80::1']);
  });

  it('that are shared do not make it one of their family', async () => {
    await using world = new World();
    const { carpIf, ifp, opened, member } = await made(world);
    carpIf.add(await member({ addresses: [SHARED, 'fd88::100/64'] }));
    const [four] = ifp.addresses;
    Object.defineProperty(ifp, 'addresses', { configurable: true, get: () => [four] });
    carpIf.addressesChanged();
    const count = opened.length;
    const six = { ...four!, prefix: InetPrefix.parse('fd88::100/64'), vhid: 1 };
    Object.defineProperty(ifp, 'addresses', { get: () => [four, six] });
    carpIf.addressesChanged();
    assert.equal(opened.length, count);
  });
});

describe('a vhid', () => {
  it('claims its number, and leaves it when it goes', async () => {
    await using world = new World();
    const { carpIf, calls, member } = await made(world);
    const vhid = await member();
    carpIf.add(vhid);
    carpIf.remove(vhid);
    assert.deepEqual(calls, ['claim', 'release', 'close 4']);
    carpIf.add(vhid, true);
    const claims = (): number => calls.filter((call) => call === 'claim').length;
    assert.equal(claims(), 1, 'a predecessor has it still');
    world.advance(100);
    assert.equal(claims(), 2);
  });

  it('is not removed by another one with its number', async () => {
    await using world = new World();
    const { carpIf, member } = await made(world);
    const [vhid, other] = [await member(), await member()];
    carpIf.add(vhid);
    carpIf.remove(other);
    assert.deepEqual(carpIf.vhids, [vhid]);
    assert.throws(() => carpIf.add(other), { code: 'EEXIST' });
  });

  it('that cannot have a socket is not there', async () => {
    await using world = new World();
    const { carpIf, lack, calls, member } = await made(world);
    const vhid = await member();
    lack.error = new IfnetError('EPERM', 'eth0', 'no permission');
    assert.throws(() => carpIf.add(vhid), /no permission/);
    assert.deepEqual([carpIf.vhids, calls], [[], ['claim', 'release']]);
  });

  it('that needs more of a socket has the former one closed, and listens anew', async () => {
    await using world = new World();
    const { carpIf, calls, member } = await made(world);
    const vhid = await member();
    const renewed: number[] = [];
    vhid.socketRenewed = (family) => renewed.push(family);
    carpIf.add(vhid);
    assert.deepEqual(renewed, [4]);
    carpIf.add(await member({ vhid: 2, addresses: ['10.88.0.102/24'], broadcast: true }));
    assert.deepEqual(
      [renewed, calls],
      [
        [4, 4],
        ['claim', 'claim', 'close 4'],
      ],
    );
    carpIf.add(await member({ vhid: 3, addresses: ['10.88.0.103/24'], broadcast: true }));
    assert.equal(renewed.length, 2, 'that one will do');
  });
});

describe('a socket that breaks twice', () => {
  it('is opened again a second after the first time, and its vhids know that it is gone', async () => {
    await using world = new World();
    const { carpIf, opened, member, changed } = await made(world);
    carpIf.add(await member({ addresses: [SHARED, 'fd88::100/64'] }));
    const broken = new IfnetError('ENETDOWN', 'eth0', 'is down');
    const before = changed();
    opened[0]!.error!(broken);
    assert.equal(changed() - before, 1);
    assert.equal(carpIf.socket(4, 'group'), undefined);
    world.advance(500);
    opened[1]!.error!(broken);
    world.advance(499);
    assert.equal(opened.length, 2);
    world.advance(1);
    assert.equal(opened.length, 4);
  });
});

describe('an interface that goes', () => {
  it('closes its sockets, and leaves neither a claim nor a timer', async () => {
    await using world = new World();
    const { carpIf, opened, calls, member } = await made(world);
    carpIf.add(await member({ addresses: [SHARED, 'fd88::100/64'] }));
    opened[1]!.error!(new IfnetError('ENETDOWN', 'eth0', 'is down'));
    calls.length = 0;
    carpIf[Symbol.dispose]();
    assert.deepEqual(calls, ['close 4', 'release']);
    assert.equal(carpIf.socket(4, 'group'), undefined);
    assert.ok(!world.clock.callouts().some(({ name }) => name === 'carp eth0 reopen'));
  });

  it('is read before that, by each of its sockets', async () => {
    await using world = new World();
    const { carpIf, calls, member } = await made(world);
    carpIf.add(await member({ addresses: [SHARED, 'fd88::100/64'] }));
    calls.length = 0;
    carpIf.drain();
    assert.deepEqual(calls, ['drain 4', 'drain 6']);
  });
});
