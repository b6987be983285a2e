import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, systemRandom } from '../../core/random.js';

test('the same seed gives the same numbers, another seed others', () => {
  const take = (seed: number | string): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 50 }, () => random.uint32());
  };
  assert.deepEqual(take(7), take('7'));
  assert.notDeepEqual(take(7), take(8));
  assert.equal(new Set(take('x')).size, 50);
});

for (const [name, random] of [
  ['seeded', seededRandom(1)],
  ['system', systemRandom()],
] as const) {
  test(`${name} numbers stay in their ranges and spread over them`, () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const float = random.float();
      assert.ok(float >= 0 && float < 1);
      const n = random.below(10);
      assert.ok(Number.isInteger(n) && n >= 0 && n < 10);
      counts[n]!++;
    }
    // Ten bins of 10,000 draws: 800 is more than six standard deviations below the mean.
    assert.ok(Math.min(...counts) > 800, counts.join());
    assert.equal(random.bytes(20).length, 20);
    assert.ok(random.uint64() < 2n ** 64n);
  });
}
