/** Who had the shared address when, as ip(8) reports it, and for how long two had it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Change, holdersAfter, parseChange, sharedFor } from './holders.js';

const ADDRESS = '10.88.0.100';
const TIME = Date.UTC(2026, 10, 29, 16, 4, 12, 123);
const change = (time: number, host: string, holds: boolean): Change => ({ time, host, holds });
const WHOLE = { from: 0, to: 100 };

describe('the holders of an address', () => {
  it('are read from ip monitor', () => {
    const line = `2: eth0    inet ${ADDRESS}/24 scope global secondary proto 112 eth0\\ valid_lft 2sec`;
    const stamp = '[2026-11-29T16:04:12.123456]';
    assert.deepEqual(parseChange(`${stamp} ${line}`, 'a', ADDRESS), change(TIME, 'a', true));
    assert.deepEqual(parseChange(`${stamp} Deleted ${line}`, 'a', ADDRESS), change(TIME, 'a', false));
    assert.equal(parseChange(`${stamp} ${line}`, 'a', '10.88.0.10'), undefined);
  });

  it('share it from when the second gets it until the first has lost it', () => {
    const changes = [change(10, 'a', true), change(40, 'b', true), change(47, 'a', false)];
    assert.equal(sharedFor(changes, WHOLE), 7);
    assert.deepEqual(holdersAfter(changes), ['b']);
  });

  it('share nothing while one follows the other, and while one renews it', () => {
    const changes = [
      change(10, 'a', true),
      change(20, 'a', true),
      change(30, 'a', false),
      change(30, 'b', true),
    ];
    assert.equal(sharedFor(changes, WHOLE), 0);
  });

  it('are counted within the stretch alone, and to its end', () => {
    const changes = [change(10, 'a', true), change(20, 'b', true)];
    assert.equal(sharedFor(changes, { from: 50, to: 60 }), 10);
    assert.equal(sharedFor(changes, WHOLE), 80);
    assert.deepEqual(holdersAfter(changes), ['a', 'b']);
  });
});
