/** The compiled frame filter, run by an interpreter of classic BPF, decides as `passesFrame` does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type FrameField, type FrameFilter, passesFrame } from '../../../../modules/ifnet/index.js';
import { compileFrameFilter } from '../../../../modules/ifnet/linux/bpf-frame.js';
import { run } from './support/bpf.js';

const FRAME = 40;
/** Few different bytes, so that values and frames meet. */
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.constantFrom(0, 1, 0xff), { minLength: length, maxLength: length })
    .map((a) => Uint8Array.from(a));
const field: fc.Arbitrary<FrameField> = fc.constantFrom(1, 2, 4, 8, 16).chain((size) =>
  fc.record({
    offset: fc.integer({ min: 0, max: FRAME - size }),
    values: fc.array(bytes(size), { maxLength: 20 }),
  }),
);
const filters: fc.Arbitrary<FrameFilter> = fc.array(fc.array(field, { maxLength: 3 }), { maxLength: 3 });

/** 255 addresses whose first words are alike, and a frame with one at an offset. */
const addresses = (size: number): Uint8Array[] =>
  Array.from({ length: 255 }, (_, i) =>
    Uint8Array.from({ length: size }, (_, at) => (at === size - 1 ? i : 0xfd)),
  );
function withAt(offset: number, value: Uint8Array): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set(value, offset);
  return frame;
}

describe('the frame filter', () => {
  it('means the same as a BPF program on a packet socket', () => {
    let passed = 0;
    fc.assert(
      fc.property(filters, bytes(FRAME), fc.nat(), (filter, other, pick) => {
        const frame = other.slice();
        // Half of the frames are made to fit a clause, as far as its fields do not overlap.
        const clause = filter[pick % Math.max(1, filter.length)] ?? [];
        if (pick % 2 === 0)
          for (const { offset, values } of clause) frame.set(values[pick % values.length] ?? [], offset);
        const expected = passesFrame(filter, frame);
        if (expected) passed++;
        assert.equal(run(compileFrameFilter(filter), frame) > 0, expected);
      }),
      { numRuns: 5000, seed: 1 },
    );
    assert.ok(passed > 1000, `${passed} passed`);
  });

  it('drops what is for another host, and a frame that is too short', () => {
    const program = compileFrameFilter(undefined);
    assert.deepEqual(
      [
        run(program, withAt(0, Uint8Array.of()), undefined, 0) > 0,
        run(program, new Uint8Array(60), undefined, 3),
      ],
      [true, 0],
    );
    assert.equal(run(compileFrameFilter([[{ offset: 28, values: addresses(4) }]]), new Uint8Array(20)), 0);
  });

  for (const size of [4, 16]) {
    it(`takes 255 values of ${size} bytes exactly, within the reach of a jump`, () => {
      const values = addresses(size);
      const program = compileFrameFilter([[{ offset: 28, values }]]);
      assert.ok(program.length < 1280 && program.every(({ jt, jf }) => jt < 256 && jf < 256));
      for (const value of values) assert.ok(run(program, withAt(28, value)) > 0);
      for (const value of values) {
        const near = value.slice();
        near[0] = 0xfe;
        assert.equal(run(program, withAt(28, near)), 0);
      }
    });
  }

  it('with more values than a program holds tests what has one value, and lets the rest through', () => {
    const values = [...addresses(16), ...addresses(16).map((value) => value.map((byte) => byte ^ 0x80))];
    const kind = { offset: 20, values: [Uint8Array.of(58)] };
    const program = compileFrameFilter([0, 1, 2].map(() => [kind, { offset: 28, values }]));
    assert.ok(program.length < 1280);
    assert.equal(run(program, withAt(28, values[3]!)), 0);
    assert.ok(run(program, withAt(20, Uint8Array.of(58))) > 0);
  });
});
