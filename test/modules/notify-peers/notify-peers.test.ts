import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Kernel, type LogRecord, seededRandom, VirtualClock } from '../../../core/index.js';
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  formatLladdr,
  InetAddress,
  InetPrefix,
  ND_NA_FLAG_ROUTER,
  ND_NEIGHBOR_ADVERT,
  parseArp,
  parseEthernet,
  parseIpv6,
  parseLladdr,
  parseNeighbour,
} from '../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { NotifyPeers } from '../../../modules/notify-peers/index.js';
import { strict } from '../../support/kernel.js';

const ip = (text: string): InetAddress => InetAddress.parse(text);

async function host() {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1) });
  const records: LogRecord[] = [];
  const kernel = new Kernel({ ...strict, clock, name: 'alpha', log: (record) => void records.push(record) });
  const driver = await kernel.load(LanDriver, { lan });
  const ifp = driver.create({ name: 'eth0', addresses: ['10.0.0.1/24', '10.0.0.100/24', 'fd00::1/64'] });
  const notify = await kernel.load(NotifyPeers);
  const announced: string[] = [];
  lan.tap(({ time, frame }) => {
    const announcement = announcementIn(frame);
    if (announcement !== undefined) announced.push(`${time} ${announcement}`);
  });
  return { clock, lan, kernel, driver, ifp, notify, announced, records };
}

/** `10.0.0.1 is at 02:…`; undefined for a frame that announces nothing. */
function announcementIn(frame: Uint8Array): string | undefined {
  const { type, payload, source } = parseEthernet(frame)!;
  if (type === ETHERTYPE_ARP) {
    const arp = parseArp(payload)!;
    return `${InetAddress.from(arp.senderAddress)} is at ${formatLladdr(arp.senderLladdr)}`;
  }
  const na = type === ETHERTYPE_IPV6 ? parseNeighbour(parseIpv6(payload)!.payload) : undefined;
  if (na?.type !== ND_NEIGHBOR_ADVERT || na.lladdr === undefined) return undefined;
  assert.deepEqual(na.lladdr, source);
  return `${InetAddress.from(na.target)} is at ${formatLladdr(na.lladdr)}`;
}

describe('netifNotifyPeers', () => {
  it('announces every address of the interface, within the call', async () => {
    const { ifp, notify, announced, kernel } = await host();
    notify.netifNotifyPeers(ifp);
    assert.deepEqual(announced, [
      '0 10.0.0.1 is at 02:00:00:00:00:01',
      '0 10.0.0.100 is at 02:00:00:00:00:01',
      '0 fd00::1 is at 02:00:00:00:00:01',
    ]);
    assert.equal(kernel.sysctl.get('net.link.notify_peers.arp')?.value, 2);
    assert.equal(kernel.sysctl.get('net.link.notify_peers.na')?.value, 1);
  });

  it('announces what it is given, and under another link-layer address', async () => {
    const { ifp, notify, announced } = await host();
    notify.netifNotifyPeers(ifp, {
      addresses: [ip('fd00::64'), ip('10.0.0.7')],
      lladdr: parseLladdr('00:00:5e:00:01:07'),
    });
    assert.deepEqual(announced, ['0 10.0.0.7 is at 00:00:5e:00:01:07', '0 fd00::64 is at 00:00:5e:00:01:07']);
  });

  it('leaves out what is tentative or a duplicate', async () => {
    const { ifp, notify, announced } = await host();
    ifp.addAddress(InetPrefix.parse('fd00::2/64'));
    announced.length = 0;
    notify.netifNotifyPeers(ifp);
    assert.ok(!announced.some((line) => line.includes('fd00::2')));
  });

  it("leaves out what it is told is another host's, unless it is named", async () => {
    const { ifp, notify, announced } = await host();
    const others = [ip('10.0.0.100'), ip('fd00::1')];
    const end = notify.leaveOut((address) => others.some((each) => each.equals(address)));
    const told = () => announced.splice(0).map((line) => line.split(' ')[1]);
    notify.netifNotifyPeers(ifp);
    assert.deepEqual(told(), ['10.0.0.1']);
    notify.netifNotifyPeers(ifp, { addresses: others });
    assert.deepEqual(told(), ['10.0.0.100', 'fd00::1']);
    end[Symbol.dispose]();
    notify.netifNotifyPeers(ifp);
    assert.equal(told().length, 3);
  });

  it('says that it is a router where the interface forwards, or as it is told', async () => {
    const { clock, lan, ifp, notify } = await host();
    const flags: number[] = [];
    lan.tap(
      ({ frame }) =>
        void flags.push(parseNeighbour(parseIpv6(parseEthernet(frame)!.payload)!.payload)!.flags),
    );
    const announce = (options: { router?: boolean } = {}): number => {
      notify.netifNotifyPeers(ifp, { addresses: [ip('fd00::1')], ...options });
      return flags.pop()! & ND_NA_FLAG_ROUTER;
    };
    assert.equal(announce(), 0);
    ifp.setSysctl(6, 'forwarding', 1);
    clock.advanceSync(1000);
    assert.equal(announce(), ND_NA_FLAG_ROUTER);
    assert.equal(announce({ router: false }), 0);
  });

  it('repeats as often as asked, at the interval asked', async () => {
    const { clock, ifp, notify, announced } = await host();
    notify.netifNotifyPeers(ifp, { addresses: [ip('10.0.0.1')], count: 3, interval: 200 });
    clock.advanceSync(5000);
    assert.deepEqual(
      announced.map((line) => Number.parseInt(line, 10)),
      [0, 200, 400],
    );
    assert.equal(clock.armed, 0);
  });

  it('repeats bursts until it is disposed of', async () => {
    const { clock, ifp, notify, announced } = await host();
    const options = { addresses: [ip('10.0.0.1')], count: 2, interval: 100, repeat: 1000 };
    const announcement = notify.netifNotifyPeers(ifp, options);
    clock.advanceSync(2050);
    announcement[Symbol.dispose]();
    clock.advanceSync(5000);
    assert.deepEqual(
      announced.map((line) => Number.parseInt(line, 10)),
      [0, 100, 1000, 1100, 2000],
    );
    assert.equal(clock.armed, 0);
  });

  it('does not make up for bursts that a suspended machine slept through', async () => {
    const { clock, ifp, notify, announced } = await host();
    notify.netifNotifyPeers(ifp, { addresses: [ip('10.0.0.1')], repeat: 1000 });
    clock.pause(10_500);
    clock.advanceSync(1000);
    assert.deepEqual(
      announced.map((line) => Number.parseFloat(line)),
      [0, 10_500, 11_000],
    );
  });

  it('takes count and interval from the sysctls where the caller does not say', async () => {
    const { clock, kernel, ifp, notify, announced } = await host();
    kernel.sysctl.set('net.link.notify_peers.count', '2');
    kernel.sysctl.set('net.link.notify_peers.interval', '50');
    notify.netifNotifyPeers(ifp, { addresses: [ip('10.0.0.1')] });
    clock.advanceSync(1000);
    assert.deepEqual(
      announced.map((line) => Number.parseInt(line, 10)),
      [0, 50],
    );
  });

  it('says when it is done, and how many frames were sent and how many failed', async () => {
    const { clock, ifp, notify } = await host();
    const options = { addresses: [ip('10.0.0.1'), ip('10.0.0.9')], count: 3, interval: 100 };
    const announcement = notify.netifNotifyPeers(ifp, options);
    const other = notify.netifNotifyPeers(ifp, { addresses: [ip('10.0.0.1')], count: 1 });
    let tally: unknown;
    void announcement.done.then((result) => {
      tally = result;
    });
    await clock.advance(150);
    ifp.setUp(false);
    await clock.advance(49);
    assert.equal(tally, undefined, 'the last round is still to come');
    await clock.advance(1);
    assert.deepEqual(tally, { sent: 4, failed: 2 });
    assert.deepEqual(await other.done, { sent: 1, failed: 0 }, 'each counts its own');
  });

  it('is done when the rest of it is stopped, by whatever', async () => {
    const { kernel, ifp, notify } = await host();
    const forever = { addresses: [ip('10.0.0.1')], repeat: 1000 };
    const disposed = notify.netifNotifyPeers(ifp, forever);
    disposed[Symbol.dispose]();
    disposed[Symbol.dispose]();
    assert.deepEqual(await disposed.done, { sent: 1, failed: 0 });
    assert.equal(disposed.complete, false);
    const robbed = notify.netifNotifyPeers(ifp, forever);
    ifp.removeAddress(InetPrefix.parse('10.0.0.1/24'));
    await robbed.done;
    const unloaded = notify.netifNotifyPeers(ifp, { repeat: 1000 });
    await kernel.shutdown();
    await unloaded.done;
  });

  it('stops announcing an address that has left the interface', async () => {
    const { clock, ifp, notify, announced } = await host();
    notify.netifNotifyPeers(ifp, { addresses: [ip('10.0.0.1'), ip('10.0.0.100')], count: 3, interval: 100 });
    ifp.removeAddress(InetPrefix.parse('10.0.0.100/24'));
    clock.advanceSync(1000);
    assert.deepEqual(
      announced.map((line) => line.split(' ').slice(0, 2).join(' ')),
      ['0 10.0.0.1', '0 10.0.0.100', '100 10.0.0.1', '200 10.0.0.1'],
    );
  });

  it('ends with the interface, and with the module', async () => {
    const { clock, kernel, driver, ifp, notify } = await host();
    notify.netifNotifyPeers(ifp, { count: 200 });
    ifp.destroy();
    assert.equal(clock.armed, 0);
    const other = driver.create({ name: 'eth1', addresses: ['10.0.0.2/24'] });
    notify.netifNotifyPeers(other, { repeat: 10 });
    assert.equal(clock.armed, 1);
    await kernel.unload('notify-peers');
    assert.equal(clock.armed, 0);
    assert.deepEqual(kernel.sysctl.list('net.link.notify_peers'), []);
    await kernel.shutdown();
  });

  it('counts and logs what cannot be sent, once per cause, and throws nothing', async () => {
    const { kernel, ifp, notify, records } = await host();
    ifp.setUp(false);
    notify.netifNotifyPeers(ifp, { addresses: [ip('10.0.0.1'), ip('10.0.0.100')] });
    assert.equal(kernel.sysctl.get('net.link.notify_peers.errors')?.value, 2);
    assert.equal(records.length, 1);
    assert.match(records[0]!.message, /10\.0\.0\.1 was not announced: eth0: the interface is down/);
  });

  it('is an event list: others see each round, and may announce in their own way', async () => {
    const { clock, kernel, ifp, notify } = await host();
    const rounds: number[] = [];
    kernel.eventhandler.register('netdev_notify_peers', () => void rounds.push(clock.now()));
    notify.netifNotifyPeers(ifp, { count: 2, interval: 10 });
    clock.advanceSync(100);
    assert.deepEqual(rounds, [0, 10]);
  });
});

describe('after an announcement', () => {
  it('neighbours and switch send to the new place', async () => {
    const { clock, lan, ifp, notify } = await host();
    const beta = await new Kernel({ ...strict, clock, name: 'beta' }).load(LanDriver, { lan });
    const peer = beta.create({ name: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] });
    const whereIs = (address: string): string => formatLladdr(peer.neighbour(ip(address))!.lladdr!);
    const sendTo = (address: string, family: 4 | 6): void => {
      using socket = peer.openIp({ family, protocol: 112, input: () => {} });
      socket.send(new Uint8Array(8), { destination: ip(address) });
      clock.advanceSync(1);
    };
    sendTo('10.0.0.1', 4);
    sendTo('fd00::1', 6);
    const before = formatLladdr(ifp.lladdr);
    assert.deepEqual([whereIs('10.0.0.1'), whereIs('fd00::1')], [before, before]);

    const after = '02:00:00:00:00:77';
    ifp.setLladdr(parseLladdr(after));
    notify.netifNotifyPeers(ifp);
    clock.advanceSync(1);
    assert.deepEqual([whereIs('10.0.0.1'), whereIs('fd00::1')], [after, after]);
    assert.equal(lan.learnt(ifp.lladdr, peer.port)?.name, 'alpha:eth0');
  });
});
