/** Routes and rules of a MASTER in Linux itself: there with its addresses, gone without them, also after a kill. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const SHARED: CarpVhidOptions = {
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: ['10.9.0.100/24', 'fd99::100/64'],
  advbase: 0,
  advskew: 50,
};
const ROUTES: CarpVhidOptions = {
  ...SHARED,
  routes: [
    { to: '10.7.0.0/16', via: '10.9.0.254', source: '10.9.0.100' },
    { to: 'default', via: '10.9.0.254', table: 1000, metric: 5 },
    { to: '10.8.0.0/16', kind: 'blackhole' },
    { to: 'fd77::/64', via: 'fd99::254' },
    { to: 'fd78::/64', kind: 'unreachable' },
  ],
  rules: [
    { from: '10.9.0.100/32', table: 1000 },
    { to: 'fd77::/64', table: 1000, priority: 77 },
    // Linux says of it nothing but iif and table.
    { from: '0.0.0.0/0', fwmark: 0, iif: 'eth0', table: 1000 },
  ],
};

/** What bears carpet's mark, without the spaces that ip(8) varies. */
function present(host: Namespace): string[] {
  const lines = [
    ...host.ip('-4', 'route', 'show', 'table', 'all', 'proto', '112').split('\n'),
    ...host.ip('-6', 'route', 'show', 'table', 'all', 'proto', '112').split('\n'),
    ...host.ip('-4', '-d', 'rule').split('\n'),
    ...host.ip('-6', '-d', 'rule').split('\n'),
  ];
  const ours = lines.filter((line) => !/^\d+:/.test(line) || /proto 112/.test(line));
  return ours
    .map((line) =>
      line
        .replaceAll(/\s+/g, ' ')
        .replace(/^\d+: /, '')
        .trim(),
    )
    .filter((line) => line !== '');
}

test('routes and rules come and go with the addresses, and a kill leaves none for long', {
  skip,
}, async (t) => {
  const host = Laboratory.open(t).host('a', { addresses: ['10.9.0.1/24', 'fd99::1/64'] });
  host.ip('route', 'add', '10.6.0.0/16', 'via', '10.9.0.253');
  const first = new CarpetCarp(host, [ROUTES]);
  await first.reaches('MASTER', 10_000);
  const all = present(host);
  assert.equal(all.length, 8, all.join('\n'));
  for (const wanted of [
    /^10\.7\.0\.0\/16 via 10\.9\.0\.254 dev eth0 src 10\.9\.0\.100/,
    /^default via 10\.9\.0\.254 dev eth0 table 1000 metric 5/,
    /^blackhole 10\.8\.0\.0\/16/,
    /^fd77::\/64 via fd99::254 dev eth0/,
    /^unreachable fd78::\/64/,
    /^from 10\.9\.0\.100 lookup 1000/,
    /^from all to fd77::\/64 lookup 1000/,
  ])
    assert.ok(
      all.some((line) => wanted.test(line)),
      `${wanted} in\n${all.join('\n')}`,
    );

  // Linux removes the route with its source. Both come back in one turn, which ip(8) may look into from another processor.
  host.ip('address', 'delete', '10.9.0.100/24', 'dev', 'eth0');
  const isBack = () => host.ip('address', 'show', 'dev', 'eth0').includes('10.9.0.100/24');
  await waitFor('the address', 5000, isBack);
  await waitFor('its route', 1000, () => present(host).length === all.length);
  assert.deepEqual(present(host).toSorted(), all.toSorted());

  host.ip('rule', 'delete', 'from', '10.9.0.100', 'lookup', '1000');
  await first.reload([{ ...ROUTES, garpCount: 2 }]);
  assert.deepEqual(present(host).toSorted(), all.toSorted(), 'what has gone is back, and nothing is twice');

  await first.reload([{ ...ROUTES, rules: [] }]);
  assert.equal(present(host).length, 5);
  await first.reload([ROUTES]);
  first.program.kill('SIGUSR2');
  await first.reaches('BACKUP', 5000, first.lines.length);
  assert.deepEqual(present(host), []);
  await first.reaches('MASTER', 5000, first.lines.length);
  assert.equal(present(host).length, 8);

  await first.program.end('SIGKILL');
  assert.equal(present(host).length, 8);
  const second = new CarpetCarp(host, [SHARED]);
  await second.reaches('BACKUP', 10_000);
  assert.deepEqual(present(host), [], second.program.text);
  assert.match(host.ip('route'), /10\.6\.0\.0\/16 via 10\.9\.0\.253/, 'what others have added stays');
  await second.program.end();

  const third = new CarpetCarp(host, [ROUTES]);
  await third.reaches('MASTER', 10_000);
  assert.equal(present(host).length, 8);
  await third.program.end();
  assert.deepEqual(present(host), []);
});
