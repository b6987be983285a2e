/** The daemon and its surroundings: the background, ps, the signals' default effects. */
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { needs } from '../support/needs.js';
import { isAdvertisement, waitFor } from './support/index.js';
import { CARPET, Pair, VIP } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:tcpdump');

describe('as a daemon', { skip, concurrency: 2 }, () => {
  test('-B: returns when it runs, detached in /, quiet; TERM ends it with the down script', async (t) => {
    const pair = await Pair.open(t);
    const foreground = pair.a.start('carpet', '-r 1 -B -z');
    const { code } = await foreground.exited;
    assert.equal(code, 0);
    assert.equal(foreground.text, '');

    const [pid] = pair.a.namespace.pids;
    assert.ok(pid, 'the daemon runs');
    await waitFor('the up script', 5000, () => pair.a.scripts.order === 'down up');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    assert.equal(Number(stat[3]), pid, 'it leads a session of its own');
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
    assert.equal(readlinkSync(`/proc/${pid}/fd/1`), '/dev/null');
    assert.ok(!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('love'));

    process.kill(pid, 'SIGTERM');
    await waitFor('its end', 3000, () => pair.a.namespace.pids.length === 0);
    assert.equal(pair.a.scripts.order, 'down up down');
  });

  test('the password of --pass is gone from /proc/PID/cmdline; the other options can be read there', async (t) => {
    const pair = await Pair.open(t);
    const carpet = pair.a.start('carpet');
    await carpet.waitForLine(/state: BACKUP/, 8000);
    const cmdline = readFileSync(`/proc/${carpet.pid}/cmdline`, 'latin1');
    assert.match(cmdline, /^carpet ucarp -i eth0 -s 10\.77\.0\.1 -v 1 -a 10\.77\.0\.100\0/);
    assert.ok(!cmdline.includes('love'));
  });

  test('an ordinary user with CAP_NET_ADMIN and CAP_NET_RAW can run it', async (t) => {
    const pair = await Pair.open(t);
    const caps = (kind: string): string => `--${kind}=-all,+net_admin,+net_raw`;
    const nobody = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      caps('inh-caps'),
      caps('ambient-caps'),
    ];
    const options = `-v 1 -p love -a ${VIP} -s 10.77.0.1 -f none -r 1`.split(' ');
    const command = [process.execPath, CARPET, 'ucarp', ...options];
    const carpet = pair.a.namespace.spawn(['setpriv', ...nobody, caps('bounding-set'), ...command]);
    await carpet.waitForLine(/state: MASTER/, 8000);
    await pair.capture.waitFor('its advertisement', 1000, (frame) => isAdvertisement(frame));
  });

  test('the reader of its output goes away: it stays MASTER', async (t) => {
    const pair = await Pair.open(t);
    const carpet = [
      '-i',
      'eth0',
      '-v',
      '1',
      '-p',
      'love',
      '-a',
      VIP,
      '-s',
      '10.77.0.1',
      '-f',
      'none',
      '-r',
      '1',
    ];
    const command = `'${process.execPath}' '${CARPET}' ucarp "$@" 2>&1 | head -n 1`;
    pair.a.namespace.spawn(['sh', '-c', command, 'sh', ...carpet]);
    const first = await pair.capture.waitFor('a MASTER', 8000, (frame) => isAdvertisement(frame));
    const isCarpet = (pid: number): boolean => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('carpet');
    process.kill(pair.a.namespace.pids.find(isCarpet)!, 'SIGUSR1'); // one line that nobody reads
    await pair.capture.waitFor('it to go on', 3000, (f) => isAdvertisement(f) && f.time > first.time + 900);
  });

  for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGINT'] as const) {
    test(`${signal} as BACKUP with -z: exit 0, no script`, async (t) => {
      const pair = await Pair.open(t);
      const carpet = pair.a.start('carpet', '-n -z');
      await carpet.waitForLine(/state: BACKUP/, 8000);
      const exit = await carpet.end(signal);
      assert.deepEqual([exit.code, exit.signal], [0, null]);
      assert.equal(pair.a.scripts.order, '');
    });
  }
});
