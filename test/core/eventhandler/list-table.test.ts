import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ListTable } from '../../../core/eventhandler/list-table.js';

describe('the table of lists', () => {
  it('tells names of one length apart, whichever was asked for last', () => {
    const table = new ListTable<{ name: string }>();
    const names = ['carp_state_event', 'ifnet_link_event', 'x'.repeat(16), 'x'.repeat(16 + 64)];
    for (const name of names) table.add({ name });
    for (const first of names) {
      for (const second of names) {
        assert.equal(table.get(first)?.name, first);
        assert.equal(table.get(second)?.name, second);
      }
    }
  });

  it('finds a name by its text, and no other', () => {
    const table = new ListTable<{ name: string }>();
    table.add({ name: 'ifaddr_event' });
    const built = ['ifaddr', 'event'].join('_');
    assert.equal(table.get(built), table.get('ifaddr_event'));
    assert.equal(table.get('ifaddr_Event'), undefined);
    assert.equal(table.get(''), undefined);
  });
});
