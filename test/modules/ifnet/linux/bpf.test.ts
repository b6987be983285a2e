/** The compiled filter, run by an interpreter of classic BPF, decides as `passes` does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeIpv4, InetAddress, type PacketFilter, passes } from '../../../../modules/ifnet/index.js';
import { compileFilter } from '../../../../modules/ifnet/linux/bpf.js';
import { encodeProgram } from '../../../../modules/libc/index.js';
import { run } from './support/bpf.js';

const address4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => InetAddress.from(bytes));
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => InetAddress.from(bytes));
const byteTest = fc.record({
  offset: fc.integer({ min: 0, max: 12 }),
  mask: fc.constantFrom(0xff, 0xf0, 0x0f),
  values: fc.uniqueArray(fc.nat(255), { minLength: 1, maxLength: 40 }),
});
const filterOf = (source: fc.Arbitrary<InetAddress>): fc.Arbitrary<PacketFilter> =>
  fc.record(
    {
      ttl: fc.constantFrom(254, 255),
      bytes: fc.array(byteTest, { maxLength: 3 }),
      notSource: fc.array(source, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
const payload = fc.uint8Array({ maxLength: 16 });
const ttl = fc.constantFrom(254, 255);

describe('the packet filter', () => {
  it('means the same as a BPF program on an IPv4 raw socket', () => {
    fc.assert(
      fc.property(
        filterOf(address4),
        address4,
        ttl,
        payload,
        fc.boolean(),
        (filter, other, hops, bytes, own) => {
          const source = own ? (filter.notSource?.[0] ?? other) : other;
          const ends = { source: source.bytes, destination: Uint8Array.of(224, 0, 0, 18) };
          const packet = encodeIpv4({ ...ends, protocol: 112, ttl: hops, tos: 0, id: 0 }, bytes);
          const expected = passes(filter, { family: 4, source, ttl: hops, payload: bytes });
          assert.equal(run(compileFilter(filter, 4), packet, packet) > 0, expected);
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('means the same as a BPF program on an IPv6 raw socket', () => {
    fc.assert(
      fc.property(
        filterOf(address6),
        address6,
        ttl,
        payload,
        fc.boolean(),
        (filter, other, hops, bytes, own) => {
          const source = own ? (filter.notSource?.[0] ?? other) : other;
          const header = Uint8Array.of(0x60, 0, 0, 0, 0, 0, 112, hops, ...source.bytes);
          const expected = passes(filter, { family: 6, source, ttl: hops, payload: bytes });
          assert.equal(run(compileFilter(filter, 6), bytes, header) > 0, expected);
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
  });

  for (const [which, takes] of [
    ['all 255 vhids', () => true],
    ['every second one', (vhid) => vhid % 2 === 0],
    ['two of three', (vhid) => vhid % 3 !== 0],
    ['none', () => false],
  ] satisfies [string, (vhid: number) => boolean][]) {
    it(`takes ${which} exactly, within the reach of a jump`, () => {
      const values = Array.from({ length: 255 }, (_, i) => i + 1).filter(takes);
      const program = compileFilter({ bytes: [{ offset: 1, mask: 255, values: values.toReversed() }] }, 6);
      assert.ok(program.every(({ jt, jf }) => jt < 256 && jf < 256));
      const taken = (vhid: number): boolean => run(program, Uint8Array.of(0, vhid), new Uint8Array(40)) > 0;
      assert.deepEqual(Array.from({ length: 256 }, (_, vhid) => vhid).filter(taken), values);
    });
  }

  it('compares those in a row as one range', () => {
    const values = Array.from({ length: 255 }, (_, i) => i + 1);
    assert.equal(compileFilter({ bytes: [{ offset: 1, mask: 255, values }] }, 6).length, 6);
  });

  it('is laid out as struct sock_filter', () => {
    const bytes = encodeProgram([{ code: 0x15, jt: 1, jf: 2, k: 0xfff00007 }]);
    assert.equal(bytes.toString('hex'), '150001020700f0ff');
  });
});
