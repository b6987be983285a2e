/** The check of a unit, with a real systemd. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noSystemd, Systemd } from './support/systemd.js';

const KIND = fileURLToPath(new URL('../../modules/health/kinds/unit.js', import.meta.url));
/** Looks once, and prints what it found. */
const LOOK = `const [{ probeUnit }, { Kernel }] = await Promise.all([import(process.argv[1]), import(process.argv[2])]);
const unit = { name: process.argv[3], userManager: true };
await probeUnit(unit, new AbortController().signal, new Kernel().clock).then(console.log, (error) => console.log('!' + error.message));
process.exit();`;
const CORE = fileURLToPath(new URL('../../core/index.js', import.meta.url));

it('a check of a unit follows it', { skip: noSystemd }, async () => {
  await using systemd = await Systemd.start();
  systemd.unit('web', { ExecStart: '/bin/sleep 1000' });
  const look = (name: string): string =>
    systemd.run(process.execPath, '--input-type=module', '-e', LOOK, KIND, CORE, name);
  systemd.systemctl('daemon-reload');
  assert.equal(look('web.service'), '!exit status 3: inactive');
  systemd.systemctl('start', 'web.service');
  assert.equal(look('web.service'), 'active');
  systemd.systemctl('kill', '-s', 'KILL', 'web.service');
  assert.match(look('web.service'), /^!exit status 3: (failed|deactivating)$/);
  assert.match(look('no-such.service'), /^!exit status [34]: inactive$/);
});
