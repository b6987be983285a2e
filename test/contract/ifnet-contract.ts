/**
 * What every driver of modules/ifnet must do: one suite, run against the virtual LAN and against Linux. A module
 * that keeps to what is tested here cannot tell the two apart.
 *
 * A driver takes part with a fixture, which sets up a bed: one kernel with one interface `eth0`, up, with a carrier,
 * 10.77.0.1/24 on it and no IPv6 address; and a hand at the other end of the cable. What the bed does to the
 * interface (`ip link set …`) is done from outside, past the driver, as an administrator would.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Kernel } from '../../core/index.js';
import {
  broadcastLladdr,
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIpv4,
  encodeIpv6,
  type FrameFilter,
  formatLladdr,
  type Ifnet,
  IfnetModule,
  InetAddress,
  InetPrefix,
  type IpPacket,
  type IpSocketOptions,
  multicastLladdr,
  parseEthernet,
  parseIpv4,
  parseIpv6,
  parseLladdr,
} from '../../modules/ifnet/index.js';

export interface DriverFixture {
  /** The driver's name, for the report. */
  readonly name: string;
  /** Why it cannot run here, or false. */
  readonly skip: false | string;
  setup(): Promise<DriverBed>;
}

export interface DriverBed {
  readonly kernel: Kernel;
  /** The link-layer address of the station at the other end of the cable; its address is 10.77.0.2. */
  readonly peerLladdr: Uint8Array;
  /** The frames that have come out of `eth0` so far, as the other end saw them. */
  readonly seen: readonly Uint8Array[];
  /** Sends a frame from the other end. */
  inject(frame: Uint8Array): void;
  cutCable(): void | Promise<void>;
  mendCable(): void | Promise<void>;
  setUp(up: boolean): void | Promise<void>;
  rename(from: string, to: string): void | Promise<void>;
  setLladdr(lladdr: string): void | Promise<void>;
  setMtu(mtu: number): void | Promise<void>;
  addAddress(prefix: string): void | Promise<void>;
  removeAddress(prefix: string): void | Promise<void>;
  /** Makes another interface, up, with this address. */
  create(name: string, prefix: string): void | Promise<void>;
  destroy(name: string): void | Promise<void>;
  /** Returns when the condition holds; fails with the text when it does not hold in time. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Returns when what is under way has arrived: for checks that nothing more comes. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const ip = (text: string): InetAddress => InetAddress.parse(text);
const prefix = (text: string): InetPrefix => InetPrefix.parse(text);
const GROUP4 = ip('224.0.0.18');
const GROUP6 = ip('ff02::12');
const CARP = 112;

/** Registers the whole suite for one driver. */
export function ifnetContract(fixture: DriverFixture): void {
  describe(`the ${fixture.name} driver`, { skip: fixture.skip }, () => {
    let bed: DriverBed;
    let ifp: Ifnet;
    /** Events since the last `events()`, as lines. */
    let log: string[] = [];

    beforeEach(async () => {
      bed = await fixture.setup();
      ifp = bed.kernel.get(IfnetModule).byName('eth0')!;
      await bed.settle();
      log = [];
      record(bed.kernel, log);
    });
    afterEach(() => bed.close());

    /** Waits until these events have come, and then that no others do. */
    async function events(...expected: string[]): Promise<void> {
      await bed.until(
        () => log.length >= expected.length,
        `events ${expected.join(', ')}; there were ${log.join(', ')}`,
      );
      await bed.settle();
      assert.deepEqual(log, expected);
      log.length = 0;
    }

    function listen(options: Partial<IpSocketOptions> = {}) {
      const heard: string[] = [];
      const input = ({ source, payload }: IpPacket): void => {
        heard.push(`${source} ${Buffer.from(payload).toString('hex')}`);
      };
      const socket = ifp.openIp({ family: 4, protocol: CARP, input, ...options });
      return { heard, socket };
    }

    function inject4(
      payload: Uint8Array,
      { ttl = 255, source = '10.77.0.2', destination = GROUP4 } = {},
    ): void {
      const header = {
        source: ip(source).bytes,
        destination: destination.bytes,
        protocol: CARP,
        ttl,
        tos: 0,
        id: 1,
      };
      const to = destination.isMulticast ? multicastLladdr(destination) : ifp.lladdr;
      bed.inject(encodeEthernet(to, bed.peerLladdr, ETHERTYPE_IP, encodeIpv4(header, payload)));
    }

    /** The first frame out of the interface that carries protocol 112, taken apart. */
    async function sentPacket() {
      const found = (): Uint8Array | undefined => bed.seen.find((frame) => protocolOf(frame) === CARP);
      await bed.until(() => found() !== undefined, 'a packet on the wire');
      const frame = parseEthernet(found()!)!;
      return { ...frame, ip: frame.type === ETHERTYPE_IP ? parseIpv4(frame.payload)! : undefined };
    }

    describe('the table', () => {
      it('shows the interface as it is', () => {
        assert.equal(ifp.attached, true);
        assert.equal(bed.kernel.get(IfnetModule).byIndex(ifp.index), ifp);
        assert.equal(ifp.type, 'ether');
        assert.equal(ifp.lladdr.length, 6);
        assert.equal(ifp.mtu, 1500);
        assert.equal(ifp.linkState, 'UP');
        const { up, running, loopback, multicast, noarp } = ifp.flags;
        assert.deepEqual([up, running, loopback, multicast, noarp], [true, true, false, true, false]);
        assert.deepEqual(
          ifp.addresses.map((a) => `${a.prefix} ${a.scope}`),
          ['10.77.0.1/24 global'],
        );
        assert.equal(ifp.addresses[0]!.broadcast?.toString() ?? '10.77.0.255', '10.77.0.255');
        assert.equal(ifp.source(4)?.toString(), '10.77.0.1');
      });

      it('follows a new interface from its arrival to its departure', async () => {
        await bed.create('test1', '10.78.0.1/24');
        await bed.until(() => bed.kernel.get(IfnetModule).byName('test1')?.addresses.length === 1, 'test1');
        const other = bed.kernel.get(IfnetModule).byName('test1')!;
        await bed.destroy('test1');
        await bed.until(() => !other.attached, 'the departure');
        const lines = log.filter(
          (line) => line.startsWith('test1 ') && /arrival|departure|10\.78/.test(line),
        );
        assert.deepEqual(lines, [
          'test1 arrival',
          'test1 ADD 10.78.0.1/24',
          'test1 DEL 10.78.0.1/24',
          'test1 departure',
        ]);
        assert.equal(bed.kernel.get(IfnetModule).byName('test1'), undefined);
        for (const act of [
          () => other.transmit(new Uint8Array(60)),
          () => other.addAddress(prefix('10.78.0.2/24')),
          () => other.setUp(false),
          () => other.openIp({ family: 4, protocol: CARP, input: () => {} }),
          () => other.openLink({ etherType: ETHERTYPE_ARP, input: () => {} }),
        ]) {
          assert.throws(act, { code: 'ENXIO', ifname: 'test1' });
        }
      });

      it('keeps the object when the interface is renamed', async () => {
        await bed.rename('eth0', 'wan0');
        await bed.until(() => ifp.name === 'wan0', 'the new name');
        assert.ok(log.includes('wan0 renamed from eth0'), log.join(', '));
        assert.equal(bed.kernel.get(IfnetModule).byName('wan0'), ifp);
        assert.equal(bed.kernel.get(IfnetModule).byName('eth0'), undefined);
      });

      it('reports a new link-layer address and a new MTU', async () => {
        await bed.setLladdr('02:00:00:00:77:01');
        await events('eth0 lladdr 02:00:00:00:77:01');
        await bed.setMtu(1400);
        await events('eth0 mtu 1400');
        assert.equal(ifp.mtu, 1400);
      });
    });

    describe('the link', () => {
      it('goes and comes with the cable, and stays administratively up', async () => {
        await bed.cutCable();
        await events('eth0 link DOWN');
        assert.deepEqual([ifp.linkState, ifp.flags.up, ifp.flags.running], ['DOWN', true, false]);
        assert.doesNotThrow(() => ifp.transmit(new Uint8Array(60)));
        await bed.mendCable();
        await events('eth0 link UP');
        assert.deepEqual([ifp.linkState, ifp.flags.running], ['UP', true]);
      });

      it('goes and comes with setUp', async () => {
        ifp.setUp(false);
        await events('eth0 event DOWN', 'eth0 link DOWN');
        assert.throws(() => ifp.transmit(new Uint8Array(60)), { code: 'ENETDOWN', ifname: 'eth0' });
        ifp.setUp(true);
        await events('eth0 event UP', 'eth0 link UP');
      });

      it('goes and comes by another hand', async () => {
        await bed.setUp(false);
        await events('eth0 event DOWN', 'eth0 link DOWN');
        await bed.setUp(true);
        await events('eth0 event UP', 'eth0 link UP');
      });

      it('takes the IPv6 addresses with it when it is set down, and leaves the IPv4 addresses', async () => {
        ifp.addAddress(prefix('fd77::1/64'), { nodad: true });
        await events('eth0 ADD fd77::1/64');
        ifp.setUp(false);
        await events('eth0 event DOWN', 'eth0 link DOWN', 'eth0 DEL fd77::1/64');
        assert.deepEqual(
          ifp.addresses.map((a) => String(a.prefix)),
          ['10.77.0.1/24'],
        );
      });

      it('leaves IPv6 addresses with keep_addr_on_down, but for those of the link and those with a lifetime', async () => {
        ifp.setSysctl(6, 'keep_addr_on_down', 1);
        for (const each of ['fd77::1/64', 'fe80::77/64']) ifp.addAddress(prefix(each), { nodad: true });
        ifp.addAddress(prefix('fd77::100/64'), { nodad: true, lifetime: 60 });
        await events('eth0 ADD fd77::1/64', 'eth0 ADD fe80::77/64', 'eth0 ADD fd77::100/64');
        ifp.setUp(false);
        await bed.until(() => log.length >= 4, 'the loss of two addresses');
        assert.deepEqual(log.splice(0, 2), ['eth0 event DOWN', 'eth0 link DOWN']);
        assert.deepEqual(new Set(log.splice(0)), new Set(['eth0 DEL fd77::100/64', 'eth0 DEL fe80::77/64']));
        ifp.setUp(true);
        await events('eth0 event UP', 'eth0 link UP');
        assert.ok(ifp.hasAddress(ip('fd77::1')));
      });
    });

    describe('addresses', () => {
      it('come and go through the interface', async () => {
        ifp.addAddress(prefix('10.77.0.100/24'), { vhid: 7 });
        await events('eth0 ADD 10.77.0.100/24');
        const added = ifp.addresses.find((a) => a.prefix.address.equals(ip('10.77.0.100')))!;
        assert.deepEqual([added.secondary, added.tentative, added.vhid], [true, false, 7]);
        assert.equal(ifp.source(4)?.toString(), '10.77.0.1', 'an address of a vhid is the last choice');
        ifp.removeAddress(prefix('10.77.0.100/24'));
        await events('eth0 DEL 10.77.0.100/24');
      });

      it('that are to be shown later are there when the table has caught up, and without that a turn later', async () => {
        const shown = (address: string) => ifp.hasAddress(ip(address));
        const later = { nodad: true, vhid: 7, later: true };
        ifp.addAddress(prefix('10.77.0.100/24'), later);
        ifp.addAddress(prefix('fd77::1/64'), later);
        ifp.catchUp();
        assert.ok(shown('10.77.0.100') && shown('fd77::1'));
        await events('eth0 ADD 10.77.0.100/24', 'eth0 ADD fd77::1/64');
        ifp.addAddress(prefix('10.77.0.101/24'), later);
        await events('eth0 ADD 10.77.0.101/24');
        assert.deepEqual(
          ifp.addresses.map(({ vhid }) => vhid),
          [undefined, 7, 7, 7],
        );
        assert.throws(() => ifp.addAddress(prefix('10.77.0.101/24'), later), { code: 'EEXIST' });
      });

      it('bear the mark of the program that put them there, and no other mark', async () => {
        const marks = () => ifp.addresses.map((a) => `${a.prefix} ${a.protocol}`);
        assert.ok(ifp.notesProtocols);
        ifp.addAddress(prefix('10.77.0.100/24'), { protocol: 112 });
        ifp.addAddress(prefix('fd77::1/64'), { nodad: true, protocol: 255 });
        await events('eth0 ADD 10.77.0.100/24', 'eth0 ADD fd77::1/64');
        await bed.addAddress('10.77.0.50/24');
        await events('eth0 ADD 10.77.0.50/24');
        const expected = [
          '10.77.0.1/24 undefined',
          '10.77.0.100/24 112',
          'fd77::1/64 255',
          '10.77.0.50/24 undefined',
        ];
        assert.deepEqual(marks(), expected);
      });

      it('come and go by another hand', async () => {
        await bed.addAddress('10.77.0.50/24');
        await events('eth0 ADD 10.77.0.50/24');
        await bed.removeAddress('10.77.0.50/24');
        await events('eth0 DEL 10.77.0.50/24');
      });

      it('are refused with errno and the name of the interface', () => {
        assert.throws(() => ifp.addAddress(prefix('10.77.0.1/24')), { code: 'EEXIST', ifname: 'eth0' });
        assert.throws(() => ifp.removeAddress(prefix('10.77.0.9/24')), {
          code: 'EADDRNOTAVAIL',
          ifname: 'eth0',
        });
        assert.throws(() => ifp.removeAddress(prefix('fd77::9/64')), {
          code: 'EADDRNOTAVAIL',
          ifname: 'eth0',
        });
        for (const bad of ['ff02::9/64', '::/64', '::1/128'])
          assert.throws(() => ifp.addAddress(prefix(bad)), { code: 'EADDRNOTAVAIL', ifname: 'eth0' });
      });

      it('of IPv6 can be used at once with nodad, and are tentative for a while without', async () => {
        ifp.addAddress(prefix('fd77::1/64'), { nodad: true });
        await events('eth0 ADD fd77::1/64');
        assert.equal(ifp.addresses.at(-1)!.tentative, false);
        ifp.addAddress(prefix('fd77::2/64'));
        await bed.until(() => log.length >= 1, 'the address');
        assert.equal(ifp.addresses.at(-1)!.tentative, true);
        await bed.until(() => log.length >= 2, 'the end of duplicate address detection');
        assert.deepEqual(log, ['eth0 ADD fd77::2/64', 'eth0 CHANGE fd77::2/64']);
        assert.equal(ifp.addresses.at(-1)!.tentative, false);
      });

      it('of IPv6 stay tentative while the interface is down, without nodad', async () => {
        ifp.setUp(false);
        ifp.addAddress(prefix('fd77::2/64'));
        await events('eth0 event DOWN', 'eth0 link DOWN', 'eth0 ADD fd77::2/64');
        const second = bed.kernel.clock.callout('longer than duplicate address detection', () => undefined);
        second.reset(1500);
        await bed.until(() => !second.pending, 'a second');
        assert.equal(ifp.addresses.at(-1)!.tentative, true);
        ifp.setUp(true);
        await bed.until(() => log.length === 3, 'the end of duplicate address detection');
        assert.deepEqual(log, ['eth0 event UP', 'eth0 link UP', 'eth0 CHANGE fd77::2/64']);
        assert.equal(ifp.addresses.at(-1)!.tentative, false);
      });

      it('of IPv6 go with an MTU that is too small for it, and cannot be added then', async () => {
        ifp.addAddress(prefix('fd77::1/64'), { nodad: true });
        await events('eth0 ADD fd77::1/64');
        await bed.setMtu(1279);
        await events('eth0 mtu 1279', 'eth0 DEL fd77::1/64');
        const add = (): void => ifp.addAddress(prefix('fd77::1/64'), { nodad: true });
        assert.throws(add, { code: 'EINVAL', ifname: 'eth0' });
        await bed.setMtu(1280);
        await events('eth0 mtu 1280');
        add();
        await events('eth0 ADD fd77::1/64');
      });

      it('with a lifetime go at its end, and not before while it is renewed, which is no event', async () => {
        const shared = [prefix('10.77.0.100/24'), prefix('fd77::100/64')];
        const options = { nodad: true, vhid: 7, protocol: 112, lifetime: 1 };
        for (const each of shared) ifp.addAddress(each, options);
        await events('eth0 ADD 10.77.0.100/24', 'eth0 ADD fd77::100/64');
        const renewals = shared.map((each) => ifp.renewal(each, options));
        let renewed = 0;
        const again = bed.kernel.clock.callout('renew', () => {
          for (const renewal of renewals) renewal.renew();
          if (++renewed < 6) again.reset(400);
        });
        again.reset(400);
        await bed.until(() => renewed === 6, 'six renewals');
        assert.deepEqual(log, []);
        assert.deepEqual(
          shared.map(({ address }) => ifp.hasAddress(address)),
          [true, true],
        );
        await bed.until(() => log.length === 2, 'the end of both');
        const ended = new Set<string>(log);
        assert.deepEqual(ended, new Set(['eth0 DEL 10.77.0.100/24', 'eth0 DEL fd77::100/64']));
      });

      it('with a lifetime can be added at once after they have gone', async () => {
        const shared = prefix('10.77.0.100/24');
        ifp.addAddress(shared, { vhid: 7, lifetime: 1 });
        await events('eth0 ADD 10.77.0.100/24');
        await bed.until(() => log.length === 1, 'its end');
        ifp.addAddress(shared, { vhid: 7, lifetime: 1 });
        await bed.until(() => log.length === 2, 'its return');
        assert.deepEqual(log, ['eth0 DEL 10.77.0.100/24', 'eth0 ADD 10.77.0.100/24']);
        assert.equal(ifp.addresses.at(-1)!.vhid, 7);
      });

      it('removed just after a renewal stay away', async () => {
        const shared = [prefix('10.77.0.100/24'), prefix('fd77::100/64')];
        const options = { nodad: true, vhid: 7, lifetime: 60 };
        for (const each of shared) ifp.addAddress(each, options);
        await events('eth0 ADD 10.77.0.100/24', 'eth0 ADD fd77::100/64');
        for (const each of shared) {
          ifp.renewal(each, options).renew();
          ifp.removeAddress(each);
        }
        await bed.settle();
        assert.deepEqual(log.splice(0).toSorted(), ['eth0 DEL 10.77.0.100/24', 'eth0 DEL fd77::100/64']);
      });

      it('that differ in the length of their network alone go each by its own', async () => {
        const shared = prefix('10.77.0.1/32');
        assert.throws(() => ifp.removeAddress(shared), { code: 'EADDRNOTAVAIL', ifname: 'eth0' });
        ifp.addAddress(shared, { vhid: 7 });
        ifp.removeAddress(shared);
        await events('eth0 ADD 10.77.0.1/32', 'eth0 DEL 10.77.0.1/32');
        assert.deepEqual(
          ifp.addresses.map((each) => String(each.prefix)),
          ['10.77.0.1/24'],
        );
      });

      it('inherit their network when the first of it goes (promote_secondaries)', async () => {
        ifp.addAddress(prefix('10.77.0.100/24'));
        await events('eth0 ADD 10.77.0.100/24');
        ifp.removeAddress(prefix('10.77.0.1/24'));
        await events('eth0 DEL 10.77.0.1/24', 'eth0 CHANGE 10.77.0.100/24');
        assert.equal(ifp.addresses[0]!.secondary, false);
      });

      it('added by a handler are reported after the event that it handles', async () => {
        const tag = bed.kernel.eventhandler.register('ifnet_link_event', (changed, state) => {
          if (state !== 'DOWN') return;
          changed.addAddress(prefix('10.77.0.100/24'));
          log.push('handler done');
        });
        await bed.cutCable();
        await events('eth0 link DOWN', 'handler done', 'eth0 ADD 10.77.0.100/24');
        await bed.kernel.eventhandler.deregister('ifnet_link_event', tag);
      });
    });

    describe('a name on the interface', () => {
      it('has one holder, until that lets go of it', () => {
        const claim = ifp.claim('carp 0');
        assert.ok(claim);
        assert.equal(ifp.claim('carp 0'), undefined);
        const other = ifp.claim('carp 1');
        assert.ok(other);
        claim[Symbol.dispose]();
        claim[Symbol.dispose]();
        const again = ifp.claim('carp 0');
        assert.ok(again);
        claim[Symbol.dispose]();
        assert.equal(ifp.claim('carp 0'), undefined);
      });

      it('cannot be claimed once the interface has gone', () => {
        const gone = ifp.createMacvlan({ name: 'claimed0', lladdr: Uint8Array.of(2, 0, 0, 0, 9, 9) });
        gone.destroy();
        assert.throws(() => gone.claim('carp 0'), { name: 'IfnetError', code: 'ENXIO' });
      });
    });

    describe("the host's settings", () => {
      it('are read, set, and put back', () => {
        for (const [family, name] of [
          [4, 'arp_notify'],
          [6, 'ndisc_notify'],
        ] as const) {
          assert.equal(ifp.sysctl(family, name), 0);
          const setting = ifp.setSysctl(family, name, 1);
          assert.equal(ifp.sysctl(family, name), 1);
          setting[Symbol.dispose]();
          assert.equal(ifp.sysctl(family, name), 0);
        }
      });

      it('that are unknown are undefined, and cannot be set', () => {
        assert.equal(ifp.sysctl(4, 'no_such_thing'), undefined);
        assert.throws(() => ifp.setSysctl(4, 'no_such_thing', 1), { code: 'ENOENT', ifname: 'eth0' });
      });
    });

    describe('a link socket', () => {
      const TYPE = 0x88b5; // for experiments (IEEE 802)
      const OTHER = Uint8Array.of(2, 0, 0, 0, 9, 9);

      function listenLink(etherType: number, filter?: FrameFilter) {
        const heard: string[] = [];
        const input = (frame: Uint8Array): void =>
          void heard.push(Buffer.from(frame.subarray(12, 20)).toString('hex'));
        return { heard, socket: ifp.openLink({ etherType, input, ...(filter && { filter }) }) };
      }

      /** A frame with eight bytes to look at, as long as Ethernet wants it. */
      function inject(mark: number[], type = TYPE, to = broadcastLladdr()): void {
        bed.inject(encodeEthernet(to, bed.peerLladdr, type, Uint8Array.of(...mark, ...new Uint8Array(40))));
      }

      it('hears the frames of its type to the host and to groups, and no others', async () => {
        const { heard } = listenLink(TYPE);
        inject([1], 0x88b6);
        inject([2], TYPE, OTHER);
        inject([3]);
        inject([4], TYPE, ifp.lladdr);
        await bed.until(() => heard.length === 2, 'two frames');
        await bed.settle();
        assert.deepEqual(heard, ['88b5030000000000', '88b5040000000000']);
      });

      it('hears ARP beside the host itself, and not what the host sends', async () => {
        const { heard } = listenLink(ETHERTYPE_ARP);
        ifp.transmit(encodeEthernet(broadcastLladdr(), ifp.lladdr, ETHERTYPE_ARP, new Uint8Array(46)));
        inject([0, 1, 8, 0, 6, 4], ETHERTYPE_ARP);
        await bed.until(() => heard.length > 0, 'a frame');
        await bed.settle();
        assert.deepEqual(heard, ['0806000108000604']);
      });

      it('passes only what its filter lets through, and takes another filter at once', async () => {
        const words = (...values: number[][]): Uint8Array[] => values.map((value) => Uint8Array.from(value));
        const { heard, socket } = listenLink(TYPE, [
          [
            { offset: 14, values: words([1], [2]) },
            { offset: 16, values: words([0xff, 7]) },
          ],
          [{ offset: 14, values: words([1, 2, 3, 4], [1, 2, 3, 5], [0xff, 0, 0, 1]) }],
        ]);
        inject([3, 0, 0xff, 7]);
        inject([1, 0, 0xff, 8]);
        inject([1, 2, 3, 6]);
        inject([2, 9, 0xff, 7]);
        inject([1, 2, 3, 5]);
        inject([0xff, 0, 0, 1]);
        await bed.until(() => heard.length === 3, 'three frames');
        assert.deepEqual(heard, ['88b50209ff070000', '88b5010203050000', '88b5ff0000010000']);
        socket.setFilter([]);
        inject([2, 9, 0xff, 7]);
        await bed.settle();
        assert.equal(heard.length, 3);
        socket.setFilter(undefined);
        inject([9]);
        await bed.until(() => heard.length === 4, 'a frame past the filter');
      });

      it('that is closed takes no filter, and leaves that of the next one alone', async () => {
        const { socket } = listenLink(TYPE);
        socket[Symbol.dispose]();
        const { heard } = listenLink(TYPE);
        socket.setFilter([]);
        inject([1]);
        await bed.until(() => heard.length === 1, 'a frame');
      });

      it('outlasts an interface that is down for a while, and hears nothing once closed', async () => {
        const { heard, socket } = listenLink(TYPE);
        ifp.setUp(false);
        await bed.settle();
        ifp.setUp(true);
        await bed.until(() => ifp.linkState === 'UP', 'the link');
        inject([1]);
        await bed.until(() => heard.length === 1, 'a frame');
        socket[Symbol.dispose]();
        inject([2]);
        await bed.settle();
        assert.equal(heard.length, 1);
      });
    });

    describe('a socket', () => {
      it('that is closed takes no filter, and leaves that of the next one alone', async () => {
        const { socket } = listen();
        socket[Symbol.dispose]();
        const { heard } = listen({ groups: [GROUP4] });
        socket.setFilter({ ttl: 1 });
        inject4(Uint8Array.of(1));
        await bed.until(() => heard.length === 1, 'a packet');
      });

      it('hears its multicast group, and what is sent to the host', async () => {
        const { heard } = listen({ groups: [GROUP4] });
        inject4(Uint8Array.of(1));
        inject4(Uint8Array.of(2), { destination: ip('10.77.0.1') });
        await bed.until(() => heard.length === 2, 'two packets');
        assert.deepEqual(heard, ['10.77.0.2 01', '10.77.0.2 02']);
      });

      it('does not hear a group that it has not joined', async () => {
        const { heard } = listen();
        inject4(Uint8Array.of(1));
        inject4(Uint8Array.of(2), { destination: ip('10.77.0.1') });
        await bed.until(() => heard.length > 0, 'the unicast packet');
        assert.deepEqual(heard, ['10.77.0.2 02']);
      });

      it('knows TTL and destination of a packet', async () => {
        const packets: { ttl: number | undefined; destination: string | undefined }[] = [];
        listen({
          groups: [GROUP4],
          input: ({ ttl, destination }) => packets.push({ ttl, destination: destination?.toString() }),
        });
        inject4(Uint8Array.of(1), { ttl: 254 });
        await bed.until(() => packets.length === 1, 'a packet');
        assert.deepEqual(packets, [{ ttl: 254, destination: '224.0.0.18' }]);
      });

      it('passes only what its filter lets through, and takes another filter at once', async () => {
        const filter = {
          ttl: 255,
          bytes: [
            { offset: 0, mask: 0xff, values: [0x21] },
            { offset: 1, mask: 0xff, values: [1, 7] },
          ],
          notSource: [ip('10.77.0.9')],
        };
        const { heard, socket } = listen({ groups: [GROUP4], filter });
        inject4(Uint8Array.of(0x21, 7), { ttl: 254 });
        inject4(Uint8Array.of(0x31, 7));
        inject4(Uint8Array.of(0x21, 8));
        inject4(Uint8Array.of(0x21));
        inject4(Uint8Array.of(0x21, 7), { source: '10.77.0.9' });
        inject4(Uint8Array.of(0x21, 7));
        inject4(Uint8Array.of(0x21, 1));
        await bed.until(() => heard.length === 2, 'two packets');
        assert.deepEqual(heard, ['10.77.0.2 2107', '10.77.0.2 2101']);
        socket.setFilter(undefined);
        inject4(Uint8Array.of(9), { ttl: 1 });
        await bed.until(() => heard.length === 3, 'a packet past the filter');
      });

      it('hears nothing after it is closed', async () => {
        const { heard, socket } = listen({ groups: [GROUP4] });
        socket[Symbol.dispose]();
        inject4(Uint8Array.of(1));
        await bed.settle();
        assert.deepEqual(heard, []);
        assert.throws(() => socket.send(Uint8Array.of(1), { destination: GROUP4 }), { code: 'EBADF' });
      });

      it('hears IPv6, by group and hop limit', async () => {
        ifp.addAddress(prefix('fd77::1/64'), { nodad: true });
        const { heard } = listen({ family: 6, groups: [GROUP6], filter: { ttl: 255 } });
        for (const [hopLimit, mark] of [
          [254, 1],
          [255, 2],
        ] as const) {
          const source = ip('fe80::2').bytes;
          const header = { source, destination: GROUP6.bytes, nextHeader: CARP, hopLimit, trafficClass: 0 };
          const packet = encodeIpv6(header, Uint8Array.of(mark));
          bed.inject(encodeEthernet(multicastLladdr(GROUP6), bed.peerLladdr, ETHERTYPE_IPV6, packet));
        }
        await bed.until(() => heard.length > 0, 'a packet');
        await bed.settle();
        assert.deepEqual(heard, ['fe80::2 02']);
      });

      it("sends to a group: addresses, TTL 255, TOS, Don't Fragment", async () => {
        listen().socket.send(Uint8Array.of(1, 2, 3), { destination: GROUP4, tos: 0x10 });
        const { source, destination, ip: packet, payload } = await sentPacket();
        assert.equal(formatLladdr(source), formatLladdr(ifp.lladdr));
        assert.equal(formatLladdr(destination), '01:00:5e:00:00:12');
        assert.deepEqual([packet!.ttl, packet!.tos, packet!.protocol], [255, 0x10, CARP]);
        assert.equal(InetAddress.from(packet!.source).toString(), '10.77.0.1');
        assert.deepEqual([...packet!.payload], [1, 2, 3]);
        assert.equal(payload[6], 0x40, 'DF');
      });

      it('sends to a group in a broadcast frame, or from a virtual link-layer address', async () => {
        const to = { destination: GROUP4, broadcast: true, lladdr: parseLladdr('00:00:5e:00:01:07') };
        listen({ broadcast: true }).socket.send(Uint8Array.of(1), to);
        const { source, destination } = await sentPacket();
        assert.equal(formatLladdr(source), '00:00:5e:00:01:07');
        assert.deepEqual(destination, broadcastLladdr());
      });

      it('sends to a host, whose link-layer address it asks for', async () => {
        listen().socket.send(Uint8Array.of(1), { destination: ip('10.77.0.2') });
        const { destination } = await sentPacket();
        assert.equal(formatLladdr(destination), formatLladdr(bed.peerLladdr));
      });

      it('sends IPv6 with hop limit 255', async () => {
        ifp.addAddress(prefix('fd77::1/64'), { nodad: true });
        listen({ family: 6 }).socket.send(Uint8Array.of(5), { destination: GROUP6 });
        const { payload, destination } = await sentPacket();
        const packet = parseIpv6(payload)!;
        assert.equal(formatLladdr(destination), '33:33:00:00:00:12');
        assert.equal(packet.hopLimit, 255);
        assert.equal(InetAddress.from(packet.source).toString(), 'fd77::1');
      });

      it('refuses to send while there is no address to send from', async () => {
        await bed.removeAddress('10.77.0.1/24');
        await bed.until(() => ifp.addresses.length === 0, 'the address to go');
        for (const [family, destination] of [
          [4, GROUP4],
          [6, GROUP6],
        ] as const) {
          const { socket } = listen({ family });
          assert.throws(() => socket.send(Uint8Array.of(1), { destination }), { code: 'EADDRNOTAVAIL' });
        }
      });

      it('refuses to send while the interface is down', async () => {
        const { socket } = listen();
        ifp.setUp(false);
        assert.throws(() => socket.send(Uint8Array.of(1), { destination: GROUP4 }), {
          code: 'ENETDOWN',
          ifname: 'eth0',
        });
      });

      it('goes on after the link was down', async () => {
        const { heard } = listen({ groups: [GROUP4] });
        ifp.setUp(false);
        ifp.setUp(true);
        await bed.until(() => ifp.linkState === 'UP', 'the link');
        await bed.settle();
        inject4(Uint8Array.of(1));
        await bed.until(() => heard.length === 1, 'a packet');
      });
    });

    describe('a macvlan', () => {
      const VMAC = parseLladdr('00:00:5e:00:01:07');
      const make = (): Ifnet => ifp.createMacvlan({ name: 'carp0', lladdr: VMAC });

      it('arrives down, without addresses, and goes when it is destroyed', async () => {
        const macvlan = make();
        assert.equal(bed.kernel.get(IfnetModule).byName('carp0'), macvlan);
        const { up } = macvlan.flags;
        assert.deepEqual([up, macvlan.linkState, macvlan.kind], [false, 'DOWN', 'macvlan']);
        assert.equal(formatLladdr(macvlan.lladdr), '00:00:5e:00:01:07');
        macvlan.destroy();
        await events('carp0 arrival', 'carp0 departure');
        assert.equal(macvlan.attached, false);
      });

      it('carries a note, is made by its parent, and inside a handler arrives after the event', async () => {
        const tag = bed.kernel.eventhandler.register('iflladdr_event', (parent) => {
          const made = parent.createMacvlan({
            name: 'carp0',
            lladdr: VMAC,
            mode: 'vepa',
            alias: 'for a test',
          });
          log.push(`handler done with ${made.name}: ${made.readAlias()}`);
        });
        await bed.setLladdr('02:00:00:00:77:01');
        await events('eth0 lladdr 02:00:00:00:77:01', 'handler done with carp0: for a test', 'carp0 arrival');
        await bed.kernel.eventhandler.deregister('iflladdr_event', tag);
        const macvlan = bed.kernel.get(IfnetModule).byName('carp0')!;
        macvlan.setUp(true);
        await bed.until(() => macvlan.linkState === 'UP', 'its link');
        assert.equal(macvlan.alias, 'for a test');
        assert.throws(() => ifp.createMacvlan({ name: 'carp0', lladdr: VMAC }), {
          code: 'EEXIST',
          ifname: 'carp0',
        });
        macvlan.destroy();
        await bed.until(() => !macvlan.attached, 'its departure');
        assert.equal(macvlan.readAlias(), undefined);
      });

      it('made in a handler can be used and destroyed there', async () => {
        let made: Ifnet | undefined;
        const tag = bed.kernel.eventhandler.register('iflladdr_event', (parent) => {
          const former = parent.createMacvlan({ name: 'carp0', lladdr: VMAC });
          former.destroy();
          made = parent.createMacvlan({ name: 'carp0', lladdr: VMAC, alias: 'the second' });
          made.setSysctl(4, 'arp_ignore', 1).keep();
          made.setUp(true);
          made.addAddress(prefix('10.77.0.100/24'), { vhid: 7 });
          const socket = made.openIp({ family: 4, protocol: CARP, input: () => {} });
          socket.send(Uint8Array.of(1), { destination: GROUP4, source: ip('10.77.0.100') });
        });
        await bed.setLladdr('02:00:00:00:77:01');
        await bed.until(() => made?.addresses.length === 1, 'its address');
        await bed.kernel.eventhandler.deregister('iflladdr_event', tag);
        await bed.settle();
        assert.equal(bed.kernel.get(IfnetModule).byName('carp0'), made);
        assert.deepEqual([made!.flags.up, made!.addresses[0]!.vhid], [true, 7]);
        assert.deepEqual([made!.sysctl(4, 'arp_ignore'), made!.readAlias()], [1, 'the second']);
        const { source } = await sentPacket();
        assert.equal(formatLladdr(source), formatLladdr(VMAC), 'a packet was sent from it there');
        made!.destroy();
      });

      it('follows the cable of its parent', async () => {
        const macvlan = make();
        macvlan.setUp(true);
        await events('carp0 arrival', 'carp0 event UP', 'carp0 link UP');
        await bed.cutCable();
        await bed.until(() => macvlan.linkState === 'DOWN' && ifp.linkState === 'DOWN', 'both links down');
        await bed.mendCable();
        await bed.until(() => macvlan.linkState === 'UP' && ifp.linkState === 'UP', 'both links up');
      });

      it('sends from its own link-layer address and hears what is sent to it', async () => {
        const macvlan = make();
        macvlan.setUp(true);
        macvlan.addAddress(prefix('10.77.0.100/24'));
        const heard: string[] = [];
        macvlan.openIp({ family: 4, protocol: CARP, input: ({ source }) => heard.push(String(source)) });
        const header = { source: ip('10.77.0.2').bytes, protocol: CARP, ttl: 255, tos: 0, id: 1 };
        const packet = encodeIpv4({ ...header, destination: ip('10.77.0.100').bytes }, Uint8Array.of(1));
        bed.inject(encodeEthernet(VMAC, bed.peerLladdr, ETHERTYPE_IP, packet));
        await bed.until(() => heard.length === 1, 'a packet for the macvlan');
        const frame = encodeEthernet(broadcastLladdr(), VMAC, 0x88b5, new Uint8Array(50));
        macvlan.transmit(frame);
        await bed.until(
          () => bed.seen.some((seen) => Buffer.from(seen).equals(frame)),
          'its frame on the wire',
        );
      });
    });

    describe('sysctls of the interface', () => {
      it('are read, set and put back', () => {
        const before = ifp.sysctl(4, 'arp_ignore');
        assert.equal(typeof before, 'number');
        const set = ifp.setSysctl(4, 'arp_ignore', 2);
        assert.equal(ifp.sysctl(4, 'arp_ignore'), 2);
        set[Symbol.dispose]();
        assert.equal(ifp.sysctl(4, 'arp_ignore'), before);
      });

      it('are put back when the last who set them is done, to what is said to have been there', () => {
        const settings = [
          ifp.setSysctl(4, 'arp_announce', 2, 1),
          ifp.setSysctl(4, 'arp_announce', 2),
          ifp.setSysctl(4, 'arp_announce', 2),
        ];
        for (const expected of [2, 2, 1]) {
          settings.pop()![Symbol.dispose]();
          assert.equal(ifp.sysctl(4, 'arp_announce'), expected);
        }
        ifp.setSysctl(4, 'arp_announce', 2).keep();
        assert.equal(ifp.sysctl(4, 'arp_announce'), 2);
        ifp.setSysctl(4, 'arp_announce', 0).keep();
      });

      it('are refused with ENOENT where there is none of that name', () => {
        assert.equal(ifp.sysctl(4, 'no_such_thing'), undefined);
        assert.throws(() => ifp.setSysctl(4, 'no_such_thing', 1), { code: 'ENOENT', ifname: 'eth0' });
      });
    });

    describe('frames', () => {
      it('go out byte for byte', async () => {
        const frame = encodeEthernet(
          broadcastLladdr(),
          ifp.lladdr,
          0x88b5,
          new Uint8Array(50).map((_, i) => i),
        );
        ifp.transmit(frame);
        await bed.until(
          () => bed.seen.some((seen) => Buffer.from(seen).equals(frame)),
          'the frame on the wire',
        );
      });

      it('that make no sense do no harm', async () => {
        const { heard } = listen({ groups: [GROUP4] });
        const header = {
          source: ip('10.77.0.2').bytes,
          destination: GROUP4.bytes,
          protocol: CARP,
          ttl: 255,
          tos: 0,
          id: 1,
        };
        const packet = encodeIpv4(header, new Uint8Array(36));
        const to = multicastLladdr(GROUP4);
        for (let cut = 0; cut < packet.length; cut += 7) {
          bed.inject(encodeEthernet(to, bed.peerLladdr, ETHERTYPE_IP, packet.subarray(0, cut)));
          bed.inject(encodeEthernet(to, bed.peerLladdr, ETHERTYPE_IPV6, packet.subarray(cut)));
        }
        bed.inject(encodeEthernet(to, bed.peerLladdr, ETHERTYPE_IP, packet));
        await bed.until(() => heard.length > 0, 'the whole packet');
        assert.equal(heard.length, 1);
      });
    });
  });
}

/** Writes every event of the network down as a line: `eth0 link DOWN`. Neighbours are left out: they come when they will. */
function record(kernel: Kernel, log: string[]): void {
  const { eventhandler } = kernel;
  eventhandler.register('ifnet_arrival_event', (ifp) => void log.push(`${ifp.name} arrival`), undefined, 0);
  eventhandler.register(
    'ifnet_departure_event',
    (ifp) => void log.push(`${ifp.name} departure`),
    undefined,
    0,
  );
  eventhandler.register(
    'ifnet_rename_event',
    (ifp, old) => void log.push(`${ifp.name} renamed from ${old}`),
    undefined,
    0,
  );
  eventhandler.register(
    'ifnet_event',
    (ifp, event) => void log.push(`${ifp.name} event ${event}`),
    undefined,
    0,
  );
  eventhandler.register(
    'ifnet_link_event',
    (ifp, state) => void log.push(`${ifp.name} link ${state}`),
    undefined,
    0,
  );
  eventhandler.register(
    'ifnet_mtu_event',
    (ifp, mtu) => void log.push(`${ifp.name} mtu ${mtu}`),
    undefined,
    0,
  );
  eventhandler.register(
    'iflladdr_event',
    (ifp) => void log.push(`${ifp.name} lladdr ${formatLladdr(ifp.lladdr)}`),
    undefined,
    0,
  );
  eventhandler.register(
    'ifaddr_event',
    (ifp, { prefix: p }, op) => void log.push(`${ifp.name} ${op} ${p}`),
    undefined,
    0,
  );
}

/** The IP protocol of a frame, if it is an IP frame. */
function protocolOf(frame: Uint8Array): number | undefined {
  const parsed = parseEthernet(frame);
  if (parsed?.type === ETHERTYPE_IP) return parseIpv4(parsed.payload)?.protocol;
  return parsed?.type === ETHERTYPE_IPV6 ? parseIpv6(parsed.payload)?.nextHeader : undefined;
}
