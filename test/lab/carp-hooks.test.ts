/** Hooks beside ucarp: a script that hangs holds up no takeover, and its successor knows the state. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { needs } from '../support/needs.js';
import { Laboratory, type Namespace, waitFor, wallTime } from './support/index.js';
import { UpHost } from './support/up-host.js';

const skip = needs('root', 'netns', 'program:ip', 'program:ucarp');
const SHARED = '10.88.0.100';

describe('hooks in a network', { skip }, () => {
  it('hang for seconds, and the takeover from ucarp is in time; then they are told of it', async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = [1, 2].map((n) => lab.host(`h${n}`, { addresses: [`10.88.0.${n}/24`], ipv6: false })) as [
      Namespace,
      Namespace,
    ];
    const words = `-i eth0 -v 1 -p secret -a ${SHARED} -s 10.88.0.2 -f none -u /bin/true -d /bin/true`;
    const ucarp = b.spawn(['ucarp', ...words.split(' ')]);
    await ucarp.waitForLine(/Switching to state: MASTER/, 8000);
    const host = new UpHost(a, 100, t);
    const [script, log] = ['notify', 'log'].map((name) => join(host.folder, name)) as [string, string];
    writeFileSync(script, `#!/bin/sh\necho "$1 $2 $3 $4" >> ${log}\n[ "$3" = BACKUP ] && sleep 6\n:\n`);
    chmodSync(script, 0o755);
    await host.start(`  hooks: {hooks: {it: {form: keepalived, command: [${script}]}}}\n`);
    const told = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
    await waitFor('the script to hang', 5000, () => told().length === 1);
    ucarp.kill('SIGKILL');
    const killed = wallTime();
    await waitFor('the address', 8000, () => host.holds);
    const taken = wallTime() - killed;
    assert.ok(taken < 3600, `${taken} ms`);
    assert.deepEqual(told(), ['INSTANCE 1@eth0 BACKUP 155'], 'it hangs still');
    await waitFor('the next run', 8000, () => told().length === 2);
    assert.equal(told()[1], 'INSTANCE 1@eth0 MASTER 155');
  });
});
