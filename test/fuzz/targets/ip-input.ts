import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  controlMessage,
  ipv4,
  Reception,
  sockaddrIn6,
} from '../../modules/ifnet/linux/support/raw-packets.js';
import { type FuzzProperty, type FuzzTarget, fuzzProperty } from '../target.js';

const anything = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });
const address = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Lies of all sizes about a header's and a packet's length, and sometimes the truth. */
const nearly = fc
  .record({
    source: address(4),
    destination: address(4),
    ttl: fc.nat(255),
    words: fc.oneof(fc.constant(5), fc.nat(15)),
    total: fc.oneof(fc.constant(undefined), fc.nat(140), fc.nat(0xffff)),
    payload: anything(60),
    cut: fc.option(fc.nat(80), { freq: 3, nil: undefined }),
  })
  .map(({ cut, total, ...fields }) =>
    ipv4({ ...fields, ...(total !== undefined && { total }) }).subarray(0, cut),
  );

/** Level and type: those that are read, and neighbours of theirs. */
const number = fc.constantFrom(0, 1, 8, 41, 50, 52);
const read = fc.constantFrom<[number, number]>([0, 8], [41, 50], [41, 52]);
const message = fc
  .tuple(
    fc.oneof(read, fc.tuple(number, number)),
    anything(24),
    fc.option(fc.oneof(fc.nat(48), fc.constant(0xffffffff)), { nil: undefined }),
  )
  .map(([[level, type], data, length]) => controlMessage(level, type, data, length));
const control = fc
  .array(fc.oneof({ arbitrary: message, weight: 3 }, { arbitrary: anything(40), weight: 1 }), {
    maxLength: 4,
  })
  .map((parts) => Buffer.concat(parts));

function version4(): FuzzProperty {
  const reception = new Reception();
  let packets = 0;
  return fuzzProperty({
    input: fc.tuple(fc.oneof(nearly, anything(Reception.SIZE + 4)), control),
    check: ([bytes, told]) => {
      const { packet } = reception.read(4, { bytes, control: told });
      const [start, end] = [(bytes[0]! & 15) * 4, bytes[2]! * 256 + bytes[3]!];
      const fits = bytes.length >= 20 && bytes.length <= Reception.SIZE;
      if (!(fits && start >= 20 && start <= end && end <= bytes.length)) {
        assert.equal(packet, undefined);
        return;
      }
      packets++;
      assert.ok(packet);
      assert.deepEqual(packet.payload, Uint8Array.from(bytes.subarray(start, end)));
      assert.notEqual(packet.payload.buffer, reception.ring.bytes.buffer);
      assert.deepEqual(packet.source.bytes, Uint8Array.from(bytes.subarray(12, 16)));
      assert.deepEqual(packet.destination?.bytes, Uint8Array.from(bytes.subarray(16, 20)));
      assert.equal(packet.ttl, bytes[8]);
    },
    usual: 3000,
    reached: () => assert.ok(packets > 100, `only ${packets} were packets: the lies are too thick`),
  });
}

function version6(): FuzzProperty {
  const reception = new Reception();
  const told = { destination: 0, ttl: 0, index: 0 };
  return fuzzProperty({
    input: fc.tuple(address(16), anything(Reception.SIZE), control),
    check: ([source, bytes, messages]) => {
      const { packet, index } = reception.read(6, { bytes, name: sockaddrIn6(source), control: messages });
      assert.ok(packet);
      assert.deepEqual(packet.payload, bytes);
      assert.notEqual(packet.payload.buffer, reception.ring.bytes.buffer);
      assert.deepEqual(packet.source.bytes, source);
      // Nothing but what the messages hold: an address or a number that stands in them.
      const within = (part: Uint8Array) => messages.subarray(0, 128).includes(Buffer.from(part));
      if (packet.destination !== undefined) {
        told.destination++;
        assert.equal(packet.destination.bytes.length, 16);
        assert.ok(within(packet.destination.bytes));
      }
      for (const [name, value] of [
        ['ttl', packet.ttl ?? 0],
        ['index', index],
      ] as const) {
        if (value === 0) continue;
        told[name]++;
        assert.ok(within(new Uint8Array(Int32Array.of(value).buffer)));
      }
    },
    usual: 5000,
    reached: () => {
      for (const [name, times] of Object.entries(told))
        assert.ok(times > 20, `${name} told ${times} times only`);
    },
  });
}

export const target: FuzzTarget = {
  about: "datagrams and control messages of the Linux driver's raw sockets: nothing is invented",
  open: () => ({ properties: { ipv4: version4(), ipv6: version6() } }),
};
