/** IfnetModule on its own: reports in, events and table out. Drivers have the contract suite. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { EventHandlerRegistry } from '../../../core/index.js';
import {
  type IfAddress,
  Ifnet,
  type IfnetEvents,
  IfnetModule,
  type IfnetState,
  InetPrefix,
  type IpSocket,
} from '../../../modules/ifnet/index.js';

/** An interface without a network: what these tests need is the table's side only. */
class Reported extends Ifnet {
  constructor(readonly initial: IfnetState) {
    super(initial);
  }
  transmit(): void {}
  openIp(): IpSocket {
    throw new Error('not part of this test');
  }
  addAddress(): void {}
  removeAddress(): void {}
  setUp(): void {}
}

const UP = { up: true, running: true, loopback: false, multicast: true, noarp: false, promisc: false };

function state(index: number, name: string, more: Partial<IfnetState> = {}): IfnetState {
  const lladdr = Uint8Array.of(2, 0, 0, 0, 0, index);
  const fixed = { type: 'ether' as const, mtu: 1500, flags: UP, linkState: 'UP' as const };
  return {
    index,
    name,
    lladdr,
    ...fixed,
    groups: new Set(['ether']),
    promiscuity: 0,
    carrierDowns: 0,
    ...more,
  };
}

function address(text: string, more: Partial<IfAddress> = {}): IfAddress {
  return { prefix: InetPrefix.parse(text), tentative: false, deprecated: false, secondary: false, ...more };
}

const LISTS = [
  ...(['ifnet_arrival_event', 'ifnet_departure_event', 'ifnet_release_event'] as const),
  ...(['ifnet_rename_event', 'ifnet_event'] as const),
  ...(['ifnet_link_event', 'ifnet_mtu_event', 'ifaddr_event', 'iflladdr_event', 'if_clone_event'] as const),
  ...(['group_attach_event', 'group_detach_event', 'group_change_event'] as const),
  ...(['vlan_config', 'vlan_unconfig', 'bpf_track', 'lle_event', 'route_redirect_event'] as const),
] satisfies (keyof IfnetEvents)[];

let events: string[];
let onEvent: (name: string, ...args: unknown[]) => void;
let module: IfnetModule;

beforeEach(() => {
  events = [];
  onEvent = () => {};
  const eventhandler = new EventHandlerRegistry();
  for (const name of LISTS) {
    eventhandler.register(name, (...args: unknown[]) => {
      events.push([name, ...args.map(show)].join(' '));
      onEvent(name, ...args);
    });
  }
  module = new IfnetModule(eventhandler);
});

function show(value: unknown): string {
  if (value instanceof Ifnet) return value.name;
  if (typeof value === 'object' && value !== null && 'prefix' in value) return String(value.prefix);
  return String(value);
}

function attached(index: number, name: string, more?: Partial<IfnetState>): Reported {
  const ifp = new Reported(state(index, name, more));
  module.attach(ifp);
  events.length = 0;
  return ifp;
}

describe('IfnetModule', () => {
  it('reports an arrival, then what it carries', () => {
    const parent = attached(1, 'eth0');
    const vlan = new Reported(state(2, 'eth0.7', { kind: 'vlan', vlan: { tag: 7, parent: 1 } }));
    module.attach(vlan);
    module.setAddress(vlan, address('10.0.0.1/24'));
    assert.deepEqual(events, [
      'ifnet_arrival_event eth0.7',
      'if_clone_event eth0.7 vlan CREATE',
      'group_attach_event eth0.7 ether',
      'group_change_event ether',
      'vlan_config eth0 7 eth0.7',
      'ifaddr_event eth0.7 10.0.0.1/24 ADD',
    ]);
    assert.deepEqual(module.list(), [parent, vlan]);
    assert.equal(module.byName('eth0.7'), module.byIndex(2));
  });

  it('finds an address by its prefix, with its peer or without', () => {
    const ifp = attached(1, 'eth0');
    const plain = address('10.0.0.1/24');
    const tunnel = address('10.0.1.1/32', { peer: InetPrefix.parse('10.0.1.2/32').address });
    for (const each of [plain, tunnel]) module.setAddress(ifp, each);
    const found = (text: string) => ifp.findAddress(InetPrefix.parse(text));
    assert.equal(found('10.0.0.1/24'), plain);
    assert.equal(found('10.0.1.1/32'), tunnel);
    assert.equal(found('10.0.0.1/16'), undefined);
    assert.equal(found('10.0.0.2/24'), undefined);
    module.unsetAddress(ifp, plain);
    assert.equal(found('10.0.0.1/24'), undefined);
  });

  it('lets go of an interface that stays with one event, and reports nothing of it after that', () => {
    const ifp = attached(1, 'eth0', { kind: 'vlan', vlan: { tag: 7, parent: 9 } });
    module.setAddress(ifp, address('10.0.0.1/24'));
    events.length = 0;
    module.release(ifp);
    assert.deepEqual(events, ['ifnet_release_event eth0']);
    assert.equal(ifp.attached, false);
    assert.deepEqual([module.byName('eth0'), module.byIndex(1), module.list()], [undefined, undefined, []]);
    assert.equal(ifp.addresses.length, 1, 'it still has what it has');
    module.release(ifp);
    module.detach(ifp);
    module.update(ifp, state(1, 'eth0', { mtu: 9000 }));
    assert.deepEqual(events, ['ifnet_release_event eth0']);
  });

  it('takes a departing interface apart in order', () => {
    const vlan = attached(2, 'v7', { kind: 'vlan', vlan: { tag: 7, parent: 1 }, groups: new Set() });
    module.setAddress(vlan, address('10.0.0.1/24'));
    events.length = 0;
    module.detach(vlan);
    assert.deepEqual(events, [
      'ifaddr_event v7 10.0.0.1/24 DEL',
      'vlan_unconfig undefined 7 v7',
      'ifnet_departure_event v7',
      'if_clone_event v7 vlan DESTROY',
    ]);
    assert.equal(vlan.attached, false);
    assert.deepEqual(
      [module.byName('v7'), module.byIndex(2), module.list().length],
      [undefined, undefined, 0],
    );
  });

  it('is silent where nothing changed', () => {
    const ifp = attached(1, 'eth0');
    module.setAddress(ifp, address('10.0.0.1/24'));
    events.length = 0;
    module.update(ifp, state(1, 'eth0'));
    module.setAddress(ifp, address('10.0.0.1/24'));
    module.unsetAddress(ifp, address('10.0.0.2/24'));
    assert.deepEqual(events, []);
  });

  it('invokes the differences of one report in a fixed order', () => {
    const ifp = attached(1, 'eth0');
    module.update(
      ifp,
      state(1, 'lan0', {
        lladdr: Uint8Array.of(2, 0, 0, 0, 9, 9),
        mtu: 9000,
        groups: new Set(['trusted']),
        promiscuity: 2,
        linkState: 'DOWN',
        flags: { ...UP, up: false, running: false },
      }),
    );
    assert.deepEqual(events, [
      'ifnet_rename_event lan0 eth0',
      'ifnet_event lan0 DOWN',
      'iflladdr_event lan0',
      'ifnet_mtu_event lan0 9000',
      'group_detach_event lan0 ether',
      'group_change_event ether',
      'group_attach_event lan0 trusted',
      'group_change_event trusted',
      'bpf_track lan0 ATTACH 2',
      'ifnet_link_event lan0 DOWN',
    ]);
    assert.deepEqual([module.byName('eth0'), module.byName('lan0')], [undefined, ifp]);
  });

  it('tells additions from changes of flags and of lifetimes', () => {
    const ifp = attached(1, 'eth0');
    module.setAddress(ifp, address('fd00::1/64', { tentative: true, validMs: 600_000, stamp: 1 }));
    module.setAddress(ifp, address('fd00::1/64', { validMs: 599_000, stamp: 1 }));
    module.setAddress(ifp, address('fd00::1/64', { validMs: 598_000, stamp: 1 }));
    module.setAddress(ifp, address('fd00::1/64', { validMs: 600_000, stamp: 2 }));
    assert.deepEqual(
      events,
      ['ADD', 'CHANGE', 'CHANGE'].map((op) => `ifaddr_event eth0 fd00::1/64 ${op}`),
    );
  });

  it('takes the renewal of a short lifetime, or of a shared address, for no change, and its end for one', () => {
    const ifp = attached(1, 'eth0');
    const shared = { vhid: 7, validMs: 600_000 };
    const short = { validMs: 2000, preferredMs: 2000 };
    module.setAddress(ifp, address('10.0.0.1/24', { ...short, stamp: 1 }));
    module.setAddress(ifp, address('10.0.0.1/24', { ...short, stamp: 2 }));
    module.setAddress(ifp, address('10.0.0.2/24', { ...shared, stamp: 1 }));
    module.setAddress(ifp, address('10.0.0.2/24', { ...shared, stamp: 2 }));
    module.setAddress(ifp, address('10.0.0.1/24', { stamp: 3 }));
    assert.deepEqual(
      events,
      ['10.0.0.1/24 ADD', '10.0.0.2/24 ADD', '10.0.0.1/24 CHANGE'].map((each) => `ifaddr_event eth0 ${each}`),
    );
  });

  it('takes the renewal of a short lease, which is preferred for a shorter time, for a change', () => {
    const ifp = attached(1, 'eth0');
    const lease = { validMs: 100_000, preferredMs: 50_000 };
    module.setAddress(ifp, address('10.0.0.1/24', { ...lease, stamp: 1 }));
    module.setAddress(ifp, address('10.0.0.1/24', { ...lease, stamp: 2 }));
    assert.deepEqual(events, ['ifaddr_event eth0 10.0.0.1/24 ADD', 'ifaddr_event eth0 10.0.0.1/24 CHANGE']);
  });

  it('shows both edges of a flap between two reports', () => {
    const ifp = attached(1, 'eth0');
    const seen: unknown[] = [];
    onEvent = () => seen.push([ifp.linkState, ifp.flags.running]);
    module.update(ifp, state(1, 'eth0', { carrierDowns: 3 }));
    assert.deepEqual(events, ['ifnet_link_event eth0 DOWN', 'ifnet_link_event eth0 UP']);
    assert.deepEqual(seen, [
      ['DOWN', false],
      ['UP', true],
    ]);
  });

  it('survives two names swapped behind its back', () => {
    const [a, b] = [attached(1, 'a'), attached(2, 'b')];
    module.update(a, state(1, 'b'));
    module.update(b, state(2, 'a'));
    assert.deepEqual([module.byName('a'), module.byName('b')], [b, a]);
  });

  it('finds by its name the one that is left of two that had it, where reports were lost', () => {
    const [left, gone, renamed] = [attached(3, 'eth0'), attached(1, 'eth0'), attached(2, 'eth0')];
    module.detach(gone);
    module.update(renamed, state(2, 'eth1'));
    assert.deepEqual([module.byName('eth0'), module.byName('eth1')], [left, renamed]);
    module.detach(left);
    assert.equal(module.byName('eth0'), undefined);
  });

  it('takes an IPv6 address with another peer for the same one, as the kernel does, and an IPv4 address for another', () => {
    const ifp = attached(1, 'tun0');
    const withPeer = (text: string, peer: string) => address(text, { peer: InetPrefix.parse(peer).address });
    for (const [text, ...peers] of [
      ['fd00::1/128', 'fd00::2', 'fd00::3'],
      ['10.0.0.1/32', '10.0.0.2', '10.0.0.3'],
    ] as const) {
      for (const peer of peers) module.setAddress(ifp, withPeer(text, peer));
      module.unsetAddress(ifp, withPeer(text, peers[1]));
    }
    assert.deepEqual(events, [
      ...['ADD', 'CHANGE', 'DEL'].map((op) => `ifaddr_event tun0 fd00::1/128 ${op}`),
      ...['ADD', 'ADD', 'DEL'].map((op) => `ifaddr_event tun0 10.0.0.1/32 ${op}`),
    ]);
    assert.deepEqual(
      ifp.addresses.map(({ prefix, peer }) => `${prefix} ${peer}`),
      ['10.0.0.1/32 10.0.0.2'],
    );
  });

  it('keeps reports made by a handler until the handlers of the event are done', () => {
    const ifp = attached(1, 'eth0');
    const lengths: number[] = [];
    onEvent = (name, _ifp, what) => {
      lengths.push(ifp.addresses.length);
      if (name !== 'ifaddr_event' || show(what) !== '10.0.0.1/24') return;
      module.setAddress(ifp, address('10.0.0.2/24'));
      assert.equal(ifp.addresses.length, 1);
      assert.ok(module.dispatching);
    };
    module.setAddress(ifp, address('10.0.0.1/24'));
    assert.deepEqual(lengths, [1, 2]);
    assert.ok(!module.dispatching);
  });

  it('chooses a source that can be one', () => {
    const ifp = attached(1, 'eth0');
    module.setAddress(ifp, address('fd00::1/64', { tentative: true }));
    module.setAddress(ifp, address('10.0.0.100/24', { vhid: 1 }));
    assert.equal(String(ifp.source(4)), '10.0.0.100');
    module.setAddress(ifp, address('10.0.0.1/24'));
    assert.deepEqual([String(ifp.source(4)), ifp.source(6)], ['10.0.0.1', undefined]);
  });
});
