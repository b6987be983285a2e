/** How much work strangers may make: so many wrong digests a second, and as many at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DigestBudget } from '../../../modules/carp/link/digest-budget.js';

/** How many wrong digests are computed at that time before the budget is spent. */
function computed(budget: DigestBudget, now: number): number {
  let count = 0;
  for (; !budget.isSpent(now); count++) budget.spend(now);
  return count;
}

describe('the budget for wrong digests', () => {
  it('is spent by as many as are worth a second, and comes back within one', () => {
    const budget = new DigestBudget(100);
    assert.equal(computed(budget, 5000), 100);
    assert.equal(computed(budget, 5009), 0);
    assert.equal(computed(budget, 5010), 1);
    assert.equal(computed(budget, 5510), 50);
    assert.equal(computed(budget, 60_000), 100);
  });

  it('comes back while it is spent', () => {
    const budget = new DigestBudget(100);
    for (let digest = 0; digest < 100; digest++) budget.spend(1000);
    budget.spend(1500);
    assert.equal(computed(budget, 1500), 49);
  });

  it('is not overdrawn: those of sources that are known are computed beyond it', () => {
    const budget = new DigestBudget(100);
    for (let digest = 0; digest < 500; digest++) budget.spend(1000);
    assert.equal(computed(budget, 1100), 10);
  });

  it('is twenty thousand a second', () => {
    assert.equal(computed(new DigestBudget(), 0), 20_000);
  });
});
