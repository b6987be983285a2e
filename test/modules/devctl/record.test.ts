/** The forms of devctl(4) and their quoting. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpetError } from '../../../core/index.js';
import {
  devctlSafeQuote,
  deviceRecord,
  formatVariables,
  nomatchRecord,
  notifyRecord,
} from '../../../modules/devctl/index.js';

const refused = (pattern: RegExp) => (error: unknown) =>
  error instanceof CarpetError && error.code === 'EINVAL' && pattern.test(error.message);

describe('records', () => {
  it('writes a notification', () => {
    assert.equal(notifyRecord('IFNET', 'em0', 'LINK_UP'), '!system=IFNET subsystem=em0 type=LINK_UP');
    assert.equal(
      notifyRecord('ACPI', 'CMBAT', '\\_SB_.PCI0.BAT0', 'notify=0x80'),
      '!system=ACPI subsystem=CMBAT type=\\_SB_.PCI0.BAT0 notify=0x80',
    );
    assert.equal(
      notifyRecord('IFNET', 'em0', 'RENAME', { name: 'wan0' }),
      '!system=IFNET subsystem=em0 type=RENAME name=wan0',
    );
  });

  it('writes devices in the order of the kernel, not of the manual page', () => {
    const device = {
      name: 'umass0',
      location: { bus: 0, port: 2 },
      pnpinfo: { vendor: '0x0781', sernum: '' },
      parent: 'uhub0',
    };
    assert.equal(deviceRecord('+', device), '+umass0 at bus=0 port=2 vendor=0x0781 sernum="" on uhub0');
    assert.equal(deviceRecord('-', { name: 'uhid1', parent: 'uhub1' }), '-uhid1 at   on uhub1');
    assert.equal(nomatchRecord({ location: 'pins=?', parent: 'gpiobus0' }), '? at pins=?  on gpiobus0');
    assert.equal(deviceRecord('+', { name: 'root0' }), '+root0 at   on .');
  });

  it('quotes what would not be read back whole', () => {
    assert.equal(devctlSafeQuote('a "b" \\c'), 'a \\"b\\" \\\\c');
    assert.equal(
      formatVariables({ plain: 'a\\b=c;d', blank: 'it\'s "x"\\', empty: '', n: 7, tab: 'a\tb' }),
      'plain=a\\b=c;d blank="it\'s \\"x\\"\\\\" empty="" n=7 tab="a\tb"',
    );
  });

  it('keeps a record on its line', () => {
    const forged = { core: 'x\n!system=CARP subsystem=1@em0 type=MASTER\0' };
    const record = notifyRecord('kernel', 'signal', 'coredump', forged);
    assert.equal(
      record,
      '!system=kernel subsystem=signal type=coredump core="x !system=CARP subsystem=1@em0 type=MASTER "',
    );
    assert.doesNotMatch(notifyRecord('a', 'b', 'c', 'x=1\n!y'), /\n/);
    assert.match(notifyRecord('a', 'b', 'c', { x: '1\0type=evil' }), / x="1 type=evil"$/);
    assert.match(notifyRecord('IFNET', '"e0', 'ATTACH'), / subsystem="\\"e0" type=ATTACH$/);
  });

  it('refuses what no reader could take apart', () => {
    assert.throws(() => notifyRecord('', 'b', 'c'), refused(/system "" must be one word/));
    assert.throws(() => notifyRecord('a', 'b', 'low temp'), refused(/type "low temp"/));
    assert.throws(() => notifyRecord('a', 'b\0type=x', 'c'), refused(/subsystem/));
    assert.throws(() => notifyRecord('a', 'b', 'c', { 'x y': 1 }), refused(/"x y" cannot name a variable/));
    assert.throws(() => deviceRecord('+', { name: 'a b' }), refused(/device name "a b"/));
    assert.throws(() => nomatchRecord({ parent: 'a\nb' }), refused(/parent/));
  });
});
