/** Uevents that were lost: what can be read again is, when those that came before have been read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel } from '../../../../core/index.js';
import { UeventModule } from '../../../../modules/devctl/linux/index.js';
import { sysfs } from '../../../../modules/devctl/linux/sysfs.js';
import { Libc, SystemError } from '../../../../modules/libc/index.js';
import { needs } from '../../../support/needs.js';

const ENOBUFS = 105;

test('a power supply that was unplugged unheard changes the profile', {
  skip: needs('native'),
}, async (t) => {
  let ready = (): void => undefined;
  t.mock.method(Libc.prototype, 'watch', (_fd: number, fn: () => void) => {
    ready = fn;
    return { close() {}, stop() {}, start() {}, unref() {} };
  });
  const reads: (() => number)[] = [];
  t.mock.method(Libc.prototype, 'recvmmsg', () => reads.shift()?.() ?? -1);
  let online = '1';
  t.mock.method(sysfs, 'powerSupplies', () => [{ name: 'ADP1', type: 'Mains', scope: undefined, online }]);
  await using kernel = new Kernel();
  const profiles: string[] = [];
  kernel.eventhandler.register('power_profile_change', (profile) => void profiles.push(profile));
  await kernel.load(UeventModule);
  online = '0';
  const overrun = (): never => {
    throw new SystemError('recvmmsg', ENOBUFS);
  };
  const full = (): number => 32;
  reads.push(overrun, full);
  ready();
  assert.deepEqual(profiles, [], 'older ones wait still');
  ready();
  assert.deepEqual(profiles, ['economy']);
  assert.equal(kernel.sysctl.get('hw.bus.devctl.uevent_overruns')?.value, 1);
});
