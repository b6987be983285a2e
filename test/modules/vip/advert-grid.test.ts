import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADVERT_GRID_MS, alignToGrid } from '../../../modules/vip/index.js';

describe('the grid that vhids of one interval share', () => {
  it('is an eighth of a second, and earlier by less than that', () => {
    assert.equal(alignToGrid(10_000, 1000), 10_000);
    assert.equal(alignToGrid(10_124.9, 1000), 10_000);
    assert.equal(alignToGrid(10_125, 1000), 10_125);
    assert.equal(alignToGrid(10_130, 1390), 10_125);
  });

  it('divides a second, so that vhids with whole seconds stay in company', () => {
    assert.equal(1000 % ADVERT_GRID_MS, 0);
  });

  it('is not for intervals below a second, of which that would be a good part', () => {
    assert.equal(alignToGrid(10_062, 999), 10_062);
    assert.equal(alignToGrid(10_001, 59), 10_001);
  });
});
