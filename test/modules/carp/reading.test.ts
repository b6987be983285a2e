/** Takeovers that come of what an interface's sockets hold: none before all of that was heard, and each in its turn. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Reading } from '../../../modules/carp/link/reading.js';

it('a round within another ends with that one: a BACKUP hears all that has arrived before it takes over', () => {
  const heard: string[] = [];
  const reading = new Reading();
  reading.run(() => {
    reading.after(
      () => heard.push('takes over'),
      () => assert.fail('they are being read'),
    );
    reading.run(() => heard.push('one'));
    heard.push('two');
  });
  assert.deepEqual(heard, ['one', 'two', 'takes over']);
});
