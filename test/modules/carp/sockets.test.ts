/** The IP sockets of an interface that its vhids share: what they are opened for, when anew, and what they let pass. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IfnetError, IfnetModule, type IpSocketOptions } from '../../../modules/ifnet/index.js';
import type { LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { softcOf } from './support/softc.js';
import { type Host, SHARED, World } from './support/world.js';

const SIX = 'fd88::100/64';
const eth0 = ({ kernel }: Host) => kernel.get(IfnetModule).byName('eth0') as LanIfnet;

/** A host of both families. */
const host = (world: World): Promise<Host> => world.host(['10.88.0.1/24', 'fe80::1/64']);

/** The sockets of a host that are opened from now on, and what breaks or lacks. */
function watched(of: Host) {
  const ifp = eth0(of);
  const open = ifp.openIp.bind(ifp);
  const opened: IpSocketOptions[] = [];
  const lack: { error?: IfnetError | undefined } = {};
  ifp.openIp = (options) => {
    if (lack.error !== undefined) throw lack.error;
    opened.push(options);
    return open(options);
  };
  /** What was opened since the last call: family, groups, and whether by broadcast. */
  const news = (): string[] =>
    opened
      .splice(0)
      .map(
        ({ family, groups, broadcast }) => `${family} ${groups?.join(' ')}${broadcast ? ' broadcast' : ''}`,
      );
  return { opened, lack, news };
}

const DENIED = new IfnetError('EPERM', 'eth0', 'no permission');

describe('a socket of a group', () => {
  it('is renewed where the master is missed, at most once a minute in each family', async () => {
    await using world = new World();
    const one = await host(world);
    const carpIf = softcOf(one.create({ addresses: [SHARED, SIX] })).carpIf!;
    const { news } = watched(one);
    carpIf.missed(6);
    assert.deepEqual(news(), ['6 ff02::12']);
    world.advance(59_999);
    carpIf.missed(6);
    assert.deepEqual(news(), []);
    carpIf.missed(4);
    assert.deepEqual(news(), ['4 224.0.0.18']);
    world.advance(1);
    carpIf.missed(6);
    assert.deepEqual(news(), ['6 ff02::12']);
  });

  it('is read before it is closed for that', async () => {
    await using world = new World();
    const one = await host(world);
    const carpIf = softcOf(one.create()).carpIf!;
    const socket = carpIf.socket(4, 'group')!;
    const calls: string[] = [];
    socket.drain = () => void calls.push('drained');
    const close = socket[Symbol.dispose].bind(socket);
    socket[Symbol.dispose] = () => {
      calls.push('closed');
      close();
    };
    watched(one).opened.push = () => calls.push('opened');
    carpIf.missed(4);
    assert.deepEqual(calls, ['drained', 'closed', 'opened']);
  });

  it('that breaks is opened again a second later, and every second until it can be', async () => {
    await using world = new World();
    const one = await host(world);
    const { opened, lack, news } = watched(one);
    const carpIf = softcOf(one.create()).carpIf!;
    lack.error = DENIED;
    opened[0]!.error!(DENIED);
    news();
    assert.equal(carpIf.socket(4, 'group'), undefined);
    world.advance(2500);
    assert.deepEqual(
      one.log.filter(({ level }) => level === 'warning').map(({ message }) => message),
      [
        'eth0: no permission; opening the socket again',
        'eth0: cannot open a socket yet: IfnetError: eth0: no permission',
      ],
    );
    lack.error = undefined;
    world.advance(499);
    assert.deepEqual(news(), []);
    world.advance(1);
    assert.deepEqual(news(), ['4 224.0.0.18']);
    assert.notEqual(carpIf.socket(4, 'group'), undefined);
  });

  it('is not opened again when the interface has been left meanwhile', async () => {
    await using world = new World();
    const one = await host(world);
    const { opened, news } = watched(one);
    const vhid = one.create();
    opened[0]!.error!(DENIED);
    one.carp.remove(vhid);
    news();
    world.advance(5000);
    assert.deepEqual(news(), []);
  });

  it('of IPv6 waits for an interface that lacks it; IPv4 does not', async () => {
    await using world = new World();
    const one = await host(world);
    const { lack, news } = watched(one);
    lack.error = DENIED;
    assert.throws(() => one.create(), /no permission/);
    assert.throws(() => one.create({ addresses: [SIX] }), /no permission/, 'IPv6 is there');
    const ifp = eth0(one);
    const sysctl = ifp.sysctl.bind(ifp);
    ifp.sysctl = (family, name) => (family === 6 ? undefined : sysctl(family, name));
    assert.throws(() => one.create(), /no permission/, 'IPv4 needs no IPv6');
    const vhid = one.create({ addresses: [SIX] });
    const said = one.log.map(({ message }) => message);
    assert.ok(said.includes('eth0 has no IPv6 at present, as with an MTU below 1280: waiting for it'));
    lack.error = undefined;
    world.advance(999);
    assert.deepEqual([vhid.state, news()], ['BACKUP', []]);
    world.advance(1);
    assert.deepEqual(news(), ['6 ff02::12']);
  });
});

describe('the sockets of several vhids', () => {
  it('are one for each family and kind of peer', async () => {
    await using world = new World();
    const one = await host(world);
    const { news } = watched(one);
    one.create({ addresses: [SHARED, SIX] });
    assert.deepEqual(news(), ['4 224.0.0.18', '6 ff02::12']);
    one.create({ vhid: 2, addresses: ['10.88.0.102/24'] });
    assert.deepEqual(news(), [], 'it uses that of the other');
    const unicast = one.create({ vhid: 3, addresses: ['10.88.0.103/24'], peers: ['10.88.0.2'] });
    assert.deepEqual(news(), ['4 ']);
    const { carpIf } = softcOf(unicast);
    one.carp.remove(unicast);
    assert.equal(carpIf!.socket(4, 'unicast'), undefined);
    assert.notEqual(carpIf!.socket(4, 'group'), undefined);
  });

  it('are opened anew for a further group or a broadcast, and stay when one is needed no more', async () => {
    await using world = new World();
    const one = await host(world);
    const { news } = watched(one);
    one.create();
    one.create({ vhid: 4, addresses: ['10.88.0.104/24'] });
    news();
    const other = one.create({ vhid: 2, addresses: ['10.88.0.102/24'], group: '224.0.0.99' });
    assert.deepEqual(news(), ['4 224.0.0.18 224.0.0.99']);
    other.configure({ broadcast: true });
    assert.deepEqual(news(), ['4 224.0.0.18 224.0.0.99 broadcast']);
    other.configure({ broadcast: false });
    other.configure({ group: '224.0.0.18' });
    one.carp.remove(other);
    assert.deepEqual(news(), []);
    one.create({ vhid: 3, addresses: [SIX], broadcast: true });
    assert.deepEqual(news(), ['6 ff02::12'], 'IPv6 has no broadcast');
  });

  it('let pass what concerns them: their numbers, CARP and VRRP, a TTL of 255 unless one takes others', async () => {
    await using world = new World();
    const one = await host(world);
    const { opened } = watched(one);
    const ttls = () => opened.splice(0).map(({ filter }) => filter!.ttl);
    one.create();
    const [first] = opened;
    assert.deepEqual(first!.filter, {
      ttl: 255,
      bytes: [
        { offset: 0, mask: 255, values: [0x21, 0x31] },
        { offset: 1, mask: 255, values: [1] },
      ],
    });
    assert.deepEqual(ttls(), [255]);
    const groups = { vhid: 2, addresses: ['10.88.0.102/24'], group: '224.0.0.99' };
    one.create({ ...groups, minTtl: 255 });
    assert.deepEqual(ttls(), [255]);
    one.create({ ...groups, vhid: 3, addresses: ['10.88.0.103/24'], group: '224.0.0.98', minTtl: 254 });
    assert.deepEqual(ttls(), [undefined]);
    one.create({ vhid: 4, addresses: ['10.88.0.104/24'], peers: ['10.88.0.2'] });
    assert.deepEqual(ttls(), [undefined], 'peers may be behind routers');
  });

  it('have their filter replaced when a vhid comes or goes', async () => {
    await using world = new World();
    const one = await host(world);
    const socket = softcOf(one.create()).carpIf!.socket(4, 'group')!;
    const numbers: (readonly number[])[] = [];
    const set = socket.setFilter.bind(socket);
    socket.setFilter = (filter) => {
      numbers.push(filter!.bytes![1]!.values);
      set(filter);
    };
    const second = one.create({ vhid: 255, addresses: ['10.88.0.102/24'] });
    one.carp.remove(second);
    assert.deepEqual([numbers[0], numbers.at(-1)], [[1, 255], [1]]);
  });
});

describe('an interface', () => {
  /** Notes what is closed. */
  const closing = (of: Host, closed: string[]): void => {
    const ifp = eth0(of);
    const open = ifp.openIp.bind(ifp);
    ifp.openIp = (options) => {
      const socket = open(options);
      const close = socket[Symbol.dispose].bind(socket);
      socket[Symbol.dispose] = () => {
        closed.push(`${options.family}`);
        close();
      };
      return socket;
    };
  };

  it('that its last vhid leaves has no sockets, and is begun anew with the next one', async () => {
    await using world = new World();
    const one = await host(world);
    const closed: string[] = [];
    closing(one, closed);
    const vhids = [1, 2].map((vhid) => one.create({ vhid, addresses: [`10.88.0.10${vhid}/24`] }));
    const former = softcOf(vhids[0]).carpIf;
    one.carp.remove(vhids[0]!);
    assert.deepEqual(closed, []);
    one.carp.remove(vhids[1]!);
    assert.deepEqual(closed, ['4']);
    const next = softcOf(one.create()).carpIf;
    assert.notEqual(next, former);
    assert.equal(former!.socket(4, 'group'), undefined);
    world.advance(5000);
    assert.deepEqual(world.masters(), ['host1']);
  });

  it('that is gone has no sockets either', async () => {
    await using world = new World();
    const one = await host(world);
    const closed: string[] = [];
    closing(one, closed);
    const vhid = one.create({ addresses: [SHARED, SIX] });
    const former = softcOf(vhid).carpIf!;
    eth0(one).destroy();
    assert.deepEqual([vhid.state, former.socket(4, 'group')], ['INIT', undefined]);
    const before = closed.length;
    await one.kernel.unload('carp');
    assert.equal(closed.length, before, 'they are closed once');
  });

  it('of a module that is unloaded has no sockets', async () => {
    await using world = new World();
    const one = await host(world);
    const closed: string[] = [];
    closing(one, closed);
    one.create({ addresses: [SHARED, SIX] });
    await one.kernel.unload('carp');
    assert.deepEqual(closed, ['4', '6']);
  });
});

describe('a vhid that cannot be opened a socket for', () => {
  it('is not there afterwards: its number is free', async () => {
    await using world = new World();
    const one = await host(world);
    const { lack } = watched(one);
    lack.error = DENIED;
    assert.throws(() => one.create(), /no permission/);
    assert.deepEqual(one.carp.list(), []);
    lack.error = undefined;
    one.create();
    world.advance(5000);
    assert.deepEqual(world.masters(), ['host1']);
  });
});
