/** What devctl writes, devd reads: whatever the values are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { deviceRecord, nomatchRecord, notifyRecord } from '../../../modules/devctl/index.js';
import { readRecord } from '../../../modules/devd/record/index.js';

/** Any of UTF-16. fast-check's own 'binary' takes two seconds to set itself up. */
const CHARACTER = fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code));

const ODD = fc.constantFrom(
  '"',
  '\\',
  ' ',
  '\n',
  '\0',
  '\t',
  '=',
  "'",
  '$(id)',
  'on ',
  'at ',
  '\\"',
  '\u00a0',
  'é',
  '!',
);
const value = fc.oneof(
  fc.string({ unit: CHARACTER, maxLength: 8 }),
  fc.array(ODD).map((parts) => parts.join('')),
);
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/).filter((text) => !RESERVED.has(text));
const RESERVED = new Set(['system', 'subsystem', 'type', 'timestamp', 'device-name', 'bus', '_']);
const word = fc.stringMatching(/^[A-Za-z0-9@:."\\_-]{1,12}$/);
const variables = fc.dictionary(name, value, { maxKeys: 6 });

/** As a record can hold it: one line, and text that UTF-8 can hold. */
const kept = (text: string): string => text.replace(/[\n\0]/g, ' ');

function assertRead(text: string, wanted: Record<string, string>): ReadonlyMap<string, string> {
  const read = readRecord(`${text}\n`);
  for (const [key, expected] of Object.entries(wanted)) {
    assert.equal(read.variables.get(key), kept(expected), `${key} of ${text}`);
  }
  return read.variables;
}

describe('a record', () => {
  it('of a notification is read back as it was meant', () => {
    fc.assert(
      fc.property(word, word, word, variables, (system, subsystem, type, data) => {
        assertRead(notifyRecord(system, subsystem, type, data), { ...data, system, subsystem, type });
      }),
      { numRuns: 300 },
    );
  });

  it('of a device is read back as it was meant', () => {
    fc.assert(
      fc.property(word, word, variables, variables, (device, parent, location, pnpinfo) => {
        const given = { location, pnpinfo, parent };
        const wanted = { ...location, ...pnpinfo, bus: parent };
        const attached = assertRead(deviceRecord('+', { name: device, ...given }), wanted);
        assert.equal(attached.get('device-name'), device);
        assertRead(deviceRecord('-', { name: device, ...given }), wanted);
        assertRead(nomatchRecord(given), wanted);
      }),
      { numRuns: 300 },
    );
  });
});
