/** A successor's machine goes on as its predecessor's would have, from whatever that has come to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bench, HIGHER, LOWER } from './support/machine.js';

const PREDECESSORS: readonly (readonly [what: string, () => Bench])[] = [
  ['in INIT', () => new Bench({ started: false })],
  [
    'that follows a MASTER of another interval',
    () => {
      const bench = new Bench();
      bench.pass(500);
      bench.hear(200, LOWER, 2000);
      return bench;
    },
  ],
  [
    'that will preempt a worse MASTER',
    () => {
      const bench = new Bench({ preemptDelay: 5000 });
      bench.pass(500);
      bench.hear(50);
      return bench;
    },
  ],
  [
    'that discards a worse MASTER',
    () => {
      const bench = new Bench();
      bench.pass(500);
      bench.hear(50);
      return bench;
    },
  ],
  [
    'whose MASTER stops',
    () => {
      const bench = new Bench();
      bench.hear(0);
      return bench;
    },
  ],
  [
    'that listens once more after a pause',
    () => {
      const bench = new Bench();
      bench.clock.pause(60_000);
      bench.pass(0);
      return bench;
    },
  ],
  [
    'that has yielded',
    () => {
      const bench = Bench.master();
      bench.hear(150, HIGHER, 3000);
      return bench;
    },
  ],
  [
    'that is MASTER, and has answered a worse one',
    () => {
      const bench = Bench.master();
      bench.pass(5500);
      bench.hear(50);
      bench.leaves = false;
      bench.pass(1700);
      return bench;
    },
  ],
];

describe('the machine of a successor', () => {
  for (const [what, predecessor] of PREDECESSORS)
    it(`of one ${what} is as that was`, () => {
      const former = predecessor();
      const state = former.machine.capture();
      const bench = new Bench({ started: false });
      bench.pass(former.clock.now());
      bench.machine.adopt(structuredClone(state));
      assert.deepEqual(bench.machine.capture(), state);
      assert.deepEqual([bench.log, bench.sent], [[], []]);
    });

  it('takes what left last for what it tried last, of one that did not tell these apart', () => {
    const state = { ...Bench.master().machine.capture(), lastSent: 1234, lastTried: null };
    const bench = new Bench({ started: false });
    bench.machine.adopt(state);
    assert.equal(bench.machine.capture().lastTried, 1234);
  });
});
