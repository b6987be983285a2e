/** The units' watchdog: shorter than the time after which another host takes over, and never missed by a busy carpet. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deadTime } from '../../modules/carp/election/interval.js';
import { needs } from '../support/needs.js';
import { Laboratory, waitFor } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:python3');
const UNITS = ['docs/service/carpet.service', 'docs/carp.md'];
const VHIDS = 200;

/** A service manager's socket: prints what comes, with the ms since the epoch. */
const MANAGER = `
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])
print('there', flush=True)
while True:
    for line in s.recv(4096).decode().split('\\n'):
        print(int(time.time() * 1000), line, flush=True)
`;

/** The unit's directives in a file: in an ini block of a page, or by themselves. */
function directives(file: string): Map<string, string> {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  return new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
}

const watchdogMs = (file: string): number => Number(directives(file).get('WatchdogSec')) * 1000;

for (const file of UNITS)
  test(`the unit of ${file} ends a frozen MASTER before another host takes over, however often`, () => {
    assert.ok(watchdogMs(file) > 0 && watchdogMs(file) < deadTime(1, 0, 3));
    assert.equal(directives(file).get('StartLimitIntervalSec'), '0');
  });

test('carpet carp reports in time while it starts, takes over and changes many vhids', {
  skip,
}, async (t) => {
  const host = Laboratory.open(t).host('a', { addresses: ['10.88.0.1/16'], ipv6: false });
  const folder = mkdtempSync(join(tmpdir(), 'carpet-watchdog-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, socket] = [join(folder, 'carp.json'), join(folder, 'notify')];
  const write = (advskew: number, net: number): void => {
    const vhids = Array.from({ length: VHIDS }, (_, i) => ({
      ifname: 'eth0',
      vhid: i + 1,
      password: 'secret',
      addresses: [`10.88.${net}.${i + 1}/16`],
      advskew,
    }));
    writeFileSync(file, JSON.stringify({ vhids }), { mode: 0o600 });
  };
  write(0, 1);
  const manager = host.spawn(['python3', '-c', MANAGER, socket]);
  await manager.waitForLine(/^there$/, 5000);
  const timeoutMs = watchdogMs(UNITS[0]!);
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: String(timeoutMs * 1000) };
  const carpet = host.node(CARPET, ['carp', '-f', file, '--json', '--no-status', '--log-format', 'text'], {
    env,
  });
  const masters = () => carpet.matching(/"event":"state".*"to":"MASTER"/).length;
  await waitFor('every vhid to be MASTER', 20_000, () => masters() === VHIDS);
  write(50, 2);
  carpet.kill('SIGHUP');
  await carpet.waitForLine(/settings read again/, 20_000);
  carpet.kill('SIGUSR2');
  await waitFor('every vhid to be MASTER again', 20_000, () => masters() === 2 * VHIDS);

  const pats = manager.matching(/WATCHDOG=1/).map(({ text }) => Number(text.split(' ')[0]));
  const gaps = pats.slice(1).map((time, i) => time - pats[i]!);
  t.diagnostic(`${pats.length} reports, at most ${Math.max(...gaps)} ms apart`);
  assert.ok(gaps.length >= 5 && Math.max(...gaps) < timeoutMs, gaps.join(' '));
});
