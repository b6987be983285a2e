/** The rtnetlink codec, on messages as a kernel lays them out (rtnetlink(7), linux/if_link.h). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InetAddress, InetPrefix } from '../../../../modules/ifnet/index.js';
import { Neighbours } from '../../../../modules/ifnet/linux/neighbours.js';
import { addAddress, parseAddress } from '../../../../modules/ifnet/linux/netlink/address.js';
import * as nl from '../../../../modules/ifnet/linux/netlink/constants.js';
import { linkIndex, parseLink } from '../../../../modules/ifnet/linux/netlink/link.js';
import { messages, type NetlinkMessage, Request } from '../../../../modules/ifnet/linux/netlink/message.js';
import { type NeighbourReport, parseNeighbour } from '../../../../modules/ifnet/linux/netlink/neighbour.js';
import { parseRoute } from '../../../../modules/ifnet/linux/netlink/route.js';

function decoded(request: Request): NetlinkMessage {
  const [message, ...more] = messages(request.bytes(1));
  assert.ok(message && more.length === 0);
  return message;
}

function ifinfomsg(index: number, flags: number, family = 0): Buffer {
  const header = Buffer.alloc(16);
  header[0] = family;
  header.writeUInt16LE(nl.ARPHRD_ETHER, 2);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  return header;
}

function link(flags: number, fill: (request: Request) => void = () => {}): NetlinkMessage {
  const request = new Request(nl.RTM_NEWLINK, 0, ifinfomsg(5, flags)).text(nl.IFLA_IFNAME, 'eth0');
  fill(request);
  return decoded(request);
}

describe('link messages', () => {
  it('tell a VLAN, its tag and what it sits on', () => {
    const message = link(0x1043, (request) =>
      request
        .u32(nl.IFLA_LINK, 2)
        .nested(nl.IFLA_LINKINFO, (info) =>
          info
            .text(nl.IFLA_INFO_KIND, 'vlan')
            .nested(nl.IFLA_INFO_DATA, (data) => data.attribute(nl.IFLA_VLAN_ID, Buffer.of(7, 1))),
        ),
    );
    const report = parseLink(message)!;
    assert.deepEqual([report.kind, report.vlan], ['vlan', { tag: 263, parent: 2 }]);
  });

  it('do not take an index of another namespace for one of this', () => {
    const message = link(0x1043, (request) =>
      request
        .u32(nl.IFLA_LINK, 2)
        .u32(nl.IFLA_LINK_NETNSID, 0)
        .nested(nl.IFLA_LINKINFO, (info) =>
          info
            .text(nl.IFLA_INFO_KIND, 'vlan')
            .nested(nl.IFLA_INFO_DATA, (data) => data.attribute(nl.IFLA_VLAN_ID, Buffer.of(7, 0))),
        ),
    );
    assert.deepEqual(parseLink(message)!.vlan, { tag: 7, parent: 0 });
  });

  // The sequence of a veth coming up and losing its carrier: devd.md 7.2.
  for (const [flags, carrier, expected] of [
    [0x1003, 0, 'DOWN'],
    [0x11003, 1, 'DOWN'],
    [0x11043, 1, 'UP'],
    [0x1043, 0, 'DOWN'],
    [0x1002, 1, 'DOWN'],
  ] as const) {
    it(`with flags 0x${flags.toString(16)} and carrier ${carrier} mean ${expected}`, () => {
      const message = link(flags, (request) => request.u8(nl.IFLA_CARRIER, carrier));
      assert.equal(parseLink(message)!.linkState, expected);
    });
  }

  it('of bridge ports are not of interfaces', () => {
    const request = new Request(nl.RTM_DELLINK, 0, ifinfomsg(5, 0, 7)).text(nl.IFLA_IFNAME, 'eth0');
    assert.equal(linkIndex(decoded(request)), undefined);
    assert.equal(parseLink(decoded(request)), undefined);
  });
});

describe('address messages', () => {
  it('give back what a request says', () => {
    for (const text of ['10.0.0.1/24', 'fd00::1/64', '127.0.0.2/8']) {
      const details = { flags: nl.IFA_F_NODAD, protocol: 112 };
      const report = parseAddress(decoded(addAddress(3, InetPrefix.parse(text), details)))!;
      assert.deepEqual([report.index, String(report.address.prefix)], [3, text]);
      assert.equal(report.address.protocol, 112);
      assert.equal(report.address.scope, text.startsWith('127') ? 'host' : 'global');
    }
  });

  it("tell the other end of a point-to-point address from one's own", () => {
    const request = new Request(nl.RTM_NEWADDR, 0, Buffer.of(2, 32, 0, 0, 3, 0, 0, 0))
      .attribute(nl.IFA_LOCAL, Buffer.of(10, 0, 0, 1))
      .attribute(nl.IFA_ADDRESS, Buffer.of(10, 0, 0, 2));
    const { address } = parseAddress(decoded(request))!;
    assert.deepEqual([String(address.prefix), String(address.peer)], ['10.0.0.1/32', '10.0.0.2']);
  });

  it('carry flags and lifetimes; what IPv4 calls secondary is temporary in IPv6', () => {
    const cacheinfo = Buffer.alloc(16);
    [10, 20, 5, 77].forEach((value, i) => cacheinfo.writeUInt32LE(value, i * 4));
    const flags = nl.IFA_F_SECONDARY | nl.IFA_F_DEPRECATED | nl.IFA_F_TENTATIVE | nl.IFA_F_DADFAILED;
    const request = new Request(nl.RTM_NEWADDR, 0, Buffer.of(10, 64, 0, 253, 3, 0, 0, 0))
      .attribute(nl.IFA_ADDRESS, InetAddress.parse('fe80::1').bytes)
      .u32(nl.IFA_FLAGS, flags)
      .attribute(nl.IFA_CACHEINFO, cacheinfo);
    const { address } = parseAddress(decoded(request))!;
    const { tentative, deprecated, secondary, dadFailed, validMs, preferredMs, stamp, scope } = address;
    assert.deepEqual([tentative, deprecated, secondary, dadFailed], [true, true, false, true]);
    assert.deepEqual([validMs, preferredMs, stamp, scope], [20_000, 10_000, 77, 'link']);
  });
});

describe('neighbour messages', () => {
  const address = InetAddress.parse('10.0.0.9');
  const entry = (state: number, lladdr?: number): NeighbourReport => ({
    index: 2,
    address,
    lladdr: lladdr === undefined ? undefined : Uint8Array.of(2, 0, 0, 0, 0, lladdr),
    state,
    router: false,
  });

  it('become the four events that they mean', () => {
    const neighbours = new Neighbours();
    const told = [
      entry(nl.NUD_INCOMPLETE),
      entry(nl.NUD_REACHABLE, 1),
      entry(nl.NUD_STALE, 1),
      entry(nl.NUD_DELAY, 1),
      entry(nl.NUD_REACHABLE, 1),
      entry(nl.NUD_REACHABLE, 2),
      entry(nl.NUD_FAILED, 2),
      entry(nl.NUD_FAILED),
    ].map((report) => neighbours.update(report));
    const [learned, aged, moved, lost] = ['RESOLVED', 'EXPIRED', 'RESOLVED', 'TIMEDOUT'];
    assert.deepEqual(told, [undefined, learned, aged, undefined, undefined, moved, lost, undefined]);
    assert.equal(neighbours.remove(entry(nl.NUD_FAILED)), true);
    assert.equal(neighbours.remove(entry(nl.NUD_FAILED)), false);
  });

  it('leave out what the kernel enters by itself for groups', () => {
    const group = { ...entry(nl.NUD_NOARP, 1), address: InetAddress.parse('224.0.0.18') };
    assert.equal(new Neighbours().update(group), undefined);
  });

  it('that a dump no longer shows are told', () => {
    const neighbours = new Neighbours();
    neighbours.update(entry(nl.NUD_REACHABLE, 1));
    assert.deepEqual(neighbours.missingFrom([entry(nl.NUD_STALE, 1)]), []);
    assert.equal(neighbours.missingFrom([]).length, 1);
  });
});

it('no bytes make the codec throw', () => {
  const parsers = [parseLink, parseAddress, parseNeighbour, parseRoute];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(3), (bytes, which) => {
      for (const message of messages(Buffer.from(bytes))) parsers[which]!(message);
      parsers[which]!({ type: 16, flags: 0, seq: 0, pid: 0, body: Buffer.from(bytes) });
    }),
    { numRuns: 5000, seed: 1 },
  );
});
