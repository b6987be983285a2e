/** HostModule under a real systemd: what sd_notify(3) promises, as the service manager sees it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noSystemd, Systemd } from './support/systemd.js';
import { elapse, waitFor } from './support/wait.js';

const DAEMON = fileURLToPath(new URL('support/notify-daemon.js', import.meta.url));

test('systemd waits for ready, reloads, pats along, stops, and restarts who is stuck', {
  skip: noSystemd,
}, async () => {
  await using systemd = await Systemd.start();
  const stuck = join(systemd.folder, 'stuck');
  systemd.unit('daemon', {
    Type: 'notify',
    WatchdogSec: '1',
    ExecStart: `${process.execPath} ${DAEMON} ${stuck}`,
    ExecReload: '/bin/kill -HUP $MAINPID',
  });

  systemd.systemctl('start', 'daemon'); // returns when the daemon is ready
  assert.equal(systemd.show('daemon', 'SubState'), 'running');
  assert.equal(systemd.show('daemon', 'StatusText'), 'up and well');

  systemd.systemctl('reload', 'daemon');
  await waitFor('the reload', 2000, () => systemd.show('daemon', 'StatusText') === 'reloaded 1 times');

  // Twice the watchdog's time, on the wall clock: systemd has no other.
  await elapse(2000);
  assert.equal(systemd.show('daemon', 'SubState'), 'running');

  systemd.systemctl('stop', 'daemon');
  assert.equal(systemd.show('daemon', 'Result'), 'success');
  assert.equal(systemd.show('daemon', 'ExecMainStatus'), '0');

  systemd.systemctl('start', 'daemon');
  writeFileSync(stuck, '');
  await waitFor('the watchdog', 5000, () => systemd.show('daemon', 'ActiveState') === 'failed');
  assert.equal(systemd.show('daemon', 'Result'), 'watchdog');
  assert.equal(systemd.show('daemon', 'StatusText'), 'not well: stuck on purpose');
});
