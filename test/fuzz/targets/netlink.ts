import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { InetAddress } from '../../../modules/ifnet/index.js';
import { parseAddress } from '../../../modules/ifnet/linux/netlink/address.js';
import * as nl from '../../../modules/ifnet/linux/netlink/constants.js';
import { linkIndex, parseLink } from '../../../modules/ifnet/linux/netlink/link.js';
import {
  attributes,
  messages,
  type NetlinkMessage,
  Request,
} from '../../../modules/ifnet/linux/netlink/message.js';
import { parseNeighbour } from '../../../modules/ifnet/linux/netlink/neighbour.js';
import { parseRoute } from '../../../modules/ifnet/linux/netlink/route.js';
import { corpusBytes } from '../corpus.js';
import { mutants } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const HEADER = 16;

/** Reads everything as if it were each kind of report; what is read must be there, and be what such a report can say. */
function checkDatagram(bytes: Uint8Array): void {
  const datagram = Buffer.from(bytes);
  let at = 0;
  for (const message of messages(datagram)) {
    const length = datagram.readUInt32LE(at);
    assert.equal(message.body.length, length - HEADER);
    assert.equal(message.body.byteOffset, datagram.byteOffset + at + HEADER);
    at += (length + 3) & ~3;
    checkMessage(message);
  }
}

function checkMessage(message: NetlinkMessage): void {
  const link = parseLink(message);
  if (link !== undefined) {
    assert.equal(link.index, linkIndex(message));
    assert.ok(link.name !== '' && !link.name.includes('\0'));
    assert.ok(link.lladdr.length <= message.body.length);
  }
  const address = parseAddress(message)?.address;
  if (address !== undefined) {
    const { prefix, peer, broadcast } = address;
    const size = prefix.address.bytes.length;
    assert.ok(size === 4 || size === 16);
    assert.ok(prefix.length >= 0 && prefix.length <= size * 8);
    for (const other of [peer, broadcast]) assert.ok(other === undefined || other.bytes.length === size);
    assert.ok(stands(message, prefix.address));
  }
  const neighbour = parseNeighbour(message);
  if (neighbour !== undefined) assert.ok(stands(message, neighbour.address));
  const { gateway } = parseRoute(message);
  if (gateway !== undefined) assert.ok(stands(message, gateway));
}

const stands = ({ body }: NetlinkMessage, { bytes }: InetAddress): boolean =>
  body.includes(Buffer.from(bytes));

/** Attributes, some with others inside, as a request that is built of them. */
const attribute = fc.tuple(fc.nat(60), fc.uint8Array({ maxLength: 20 }));
const many = fc.array(attribute, { maxLength: 12 });

function readsBack(written: readonly (readonly [number, Uint8Array])[]): void {
  const request = new Request(nl.RTM_NEWLINK, 0, Buffer.alloc(HEADER));
  for (const [type, value] of written) request.attribute(type, value);
  const [message, more] = messages(request.bytes(7));
  assert.equal(more, undefined);
  const read: [number, Uint8Array][] = [];
  attributes(message!.body, HEADER, (type, value) => read.push([type, Uint8Array.from(value)]));
  assert.deepEqual(read, written);
}

export const target: FuzzTarget = {
  about: "reports of the kernel's routing netlink: what is read stands there",
  open: () => ({
    properties: {
      reports: fuzzProperty({
        input: mutants(corpusBytes('netlink'), { maxLength: 2048 }),
        check: checkDatagram,
        usual: 3000,
      }),
      attributes: fuzzProperty({ input: many, check: readsBack, usual: 500 }),
    },
  }),
};
