import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable } from '../../../core/index.js';

describe('printable', () => {
  it('escapes what steers a terminal, and nothing else', () => {
    assert.equal(printable('a\u001B[2J\r\nb\u0000\u007F\u0085'), 'a\\x1b[2J\\x0d\\x0ab\\x00\\x7f\\x85');
    assert.equal(printable('tab\tand ünïcödé 🛰'), 'tab\tand ünïcödé 🛰');
  });
});
