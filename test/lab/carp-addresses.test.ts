/** Which addresses of a real interface carpet takes for its own, and which it leaves alone. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Kernel } from '../../core/index.js';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { IfnetModule } from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const OWN = '10.9.0.1/24';
const SHARED = '10.9.0.100/24';
const vhid = (...addresses: string[]): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses,
});

function hostOf(t: TestContext, ...addresses: string[]): Namespace {
  return Laboratory.open(t).host('a', { addresses, ipv6: false });
}

/** The addresses of eth0, as ip(8) shows them. */
function addresses(host: Namespace): string[] {
  const [eth0] = JSON.parse(host.ip('-j', 'address', 'show', 'dev', 'eth0')) as [
    { addr_info: { local: string; prefixlen: number }[] },
  ];
  return eth0.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

/** The addresses of eth0 with IFA_PROTO, which Debian 12's ip(8) does not show. */
async function marks(host: Namespace): Promise<string[]> {
  await using kernel = new Kernel();
  await kernel.load(LinuxDriver, { netns: host.name });
  const eth0 = kernel.get(IfnetModule).byName('eth0')!;
  return eth0.addresses.map(({ prefix, protocol }) => `${prefix} ${protocol}`);
}

test("an address of the host's own among the shared ones stays, from start to end", { skip }, async (t) => {
  const host = hostOf(t, OWN);
  const carpet = new CarpetCarp(host, [vhid(SHARED)]);
  await carpet.reaches('MASTER', 10_000);
  await carpet.reload([vhid(SHARED, OWN)]);
  assert.deepEqual(addresses(host), [OWN, SHARED]);
  await carpet.reload([vhid(SHARED)]);
  await carpet.program.end();
  assert.deepEqual(addresses(host), [OWN]);
  const lines = carpet.program.matching(/10\.9\.0\.1\/24 is an address of this host itself on eth0/);
  assert.equal(lines.length, 1, carpet.program.text);

  const again = new CarpetCarp(host, [vhid(OWN)]);
  await again.reaches('MASTER', 10_000);
  assert.deepEqual(addresses(host), [OWN]);
  again.program.kill('SIGUSR2');
  await again.reaches('BACKUP', 5000, again.lines.length);
  assert.deepEqual(addresses(host), [OWN]);
  await again.program.end();
  assert.deepEqual(addresses(host), [OWN]);
});

test('what a killed carpet has left is found by its mark, whatever the settings are now', {
  skip,
}, async (t) => {
  const host = hostOf(t, OWN, '10.9.0.55/24');
  const killed = new CarpetCarp(host, [vhid(SHARED, '10.9.0.77/24')]);
  await killed.reaches('MASTER', 10_000);
  await killed.program.end('SIGKILL');
  const unmarked = [`${OWN} undefined`, '10.9.0.55/24 undefined'];
  assert.deepEqual(await marks(host), [...unmarked, `${SHARED} 112`, '10.9.0.77/24 112']);

  // While another process has a vhid on the interface, what is not in the settings may be that one's.
  const other = new CarpetCarp(host, [{ ...vhid('10.9.0.102/24'), vhid: 2 }]);
  await other.reaches('MASTER', 10_000);
  assert.deepEqual(addresses(host), [OWN, '10.9.0.55/24', '10.9.0.102/24']);
  const next = new CarpetCarp(host, [vhid('10.9.0.101/32')]);
  await next.reaches('MASTER', 10_000);
  const all = [OWN, '10.9.0.101/32', '10.9.0.102/24', '10.9.0.55/24'];
  assert.deepEqual(addresses(host).toSorted(), all);
  await next.program.end('SIGKILL');
  await other.program.end('SIGKILL');

  const last = new CarpetCarp(host, [vhid('10.9.0.101/24')]);
  await waitFor(
    'the leftovers to go',
    5000,
    () => addresses(host).length === 2,
    () => last.program.text,
  );
  assert.deepEqual(await marks(host), unmarked);
});

test("without promote_secondaries the host's own address stays when the shared one goes", {
  skip,
}, async (t) => {
  const host = hostOf(t);
  const setting = () => host.exec('cat', '/proc/sys/net/ipv4/conf/eth0/promote_secondaries').trim();
  for (const name of ['all', 'eth0']) host.sysctl(`net.ipv4.conf.${name}.promote_secondaries`, 0);
  // Before the network: the shared address is the first, and the host's own is secondary.
  const carpet = new CarpetCarp(host, [{ ...vhid(SHARED), source: '10.9.0.1' }]);
  await carpet.reaches('MASTER', 10_000);
  host.ip('address', 'add', OWN, 'dev', 'eth0');
  assert.match(host.ip('address', 'show', 'dev', 'eth0'), /10\.9\.0\.1\/24 scope global secondary/);
  carpet.program.kill('SIGUSR2');
  await carpet.reaches('BACKUP', 5000, carpet.lines.length);
  assert.deepEqual(addresses(host), [OWN]);
  assert.equal(setting(), '1');
  await carpet.program.end();
  assert.equal(setting(), '0');
});

test('an interface that is deleted and made again is served again', { skip }, async (t) => {
  const host = hostOf(t, '10.8.0.1/24');
  const make = (): void => {
    host.ip('link', 'add', 'port0', 'type', 'veth', 'peer', 'name', 'far0');
    for (const name of ['far0', 'port0']) host.ip('link', 'set', name, 'up');
    host.ip('address', 'add', OWN, 'dev', 'port0');
  };
  make();
  const carpet = new CarpetCarp(host, [{ ...vhid(SHARED), ifname: 'port0' }]);
  await carpet.reaches('MASTER', 10_000);
  for (let round = 0; round < 2; round++) {
    const known = carpet.lines.length;
    host.ip('link', 'delete', 'port0');
    await carpet.reaches('INIT', 5000, known);
    make();
    await carpet.reaches('MASTER', 8000, known);
    await waitFor('the address', 2000, () => host.ip('address', 'show', 'dev', 'port0').includes(SHARED));
  }
  await carpet.program.end('SIGTERM');
  assert.equal((await carpet.program.exited).code, 0, carpet.program.text);
  assert.deepEqual(carpet.program.matching(/error/), []);
  const left = host.ip('address', 'show', 'dev', 'port0');
  assert.ok(left.includes(OWN) && !left.includes(SHARED), left);
});
