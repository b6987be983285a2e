/** No address outlives its master, in Linux itself: after kill -9 and SIGSTOP, over IPv4, IPv6 and a virtual MAC. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext, test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace, waitFor, wallTime } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const ADDRESSES = ['10.88.0.100/24', 'fd88::100/64'];
/** The longest that ends, the kernel's lateness included, before a peer with advskew 0 would take over. */
const GONE_MS = 3000;

function host(lab: Laboratory, role: string, n: number): Namespace {
  return lab.host(role, { addresses: [`10.88.0.${n}/24`, `fd88::${n}/64`] });
}

function carpet(on: Namespace, options: Partial<CarpVhidOptions> = {}): CarpetCarp {
  const base = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ADDRESSES };
  return new CarpetCarp(on, [{ ...base, ...options }], { 'net.inet.carp.preempt': true });
}

/** The shared addresses that the kernel has, on any interface. */
function held(on: Namespace): string[] {
  const lines = on.ip('-oneline', 'address', 'show');
  return ADDRESSES.filter((address) => lines.includes(` ${address} `));
}

async function untilGone(on: Namespace): Promise<number> {
  const from = wallTime();
  await waitFor('the addresses to go', 6000, () => held(on).length === 0);
  return wallTime() - from;
}

async function serving(t: TestContext, options: Partial<CarpVhidOptions> = {}) {
  const lab = Laboratory.open(t);
  const a = host(lab, 'a', 1);
  const first = carpet(a, options);
  await first.reaches('MASTER', 8000);
  await elapse(1500);
  assert.deepEqual(held(a), ADDRESSES);
  return { lab, a, first };
}

const cases: [name: string, options: Partial<CarpVhidOptions>, signal: NodeJS.Signals][] = [
  ['killed', {}, 'SIGKILL'],
  ['stopped', {}, 'SIGSTOP'],
  ['killed, with a virtual MAC', { virtualMac: 'service' }, 'SIGKILL'],
  ['stopped, with a virtual MAC', { virtualMac: 'service' }, 'SIGSTOP'],
];

describe('the kernel removes the addresses of a MASTER', { skip, concurrency: 2 }, () => {
  for (const [name, options, signal] of cases) {
    it(`that is ${name}, before a peer has them`, async (t) => {
      const { lab, a, first } = await serving(t, options);
      const b = host(lab, 'b', 2);
      const second = carpet(b, { ...options, advskew: 100 });
      await second.reaches('BACKUP', 8000);
      await elapse(3000);
      first.program.kill(signal);
      const gone = await untilGone(a);
      assert.ok(gone < GONE_MS, `gone after ${gone} ms`);
      assert.deepEqual(held(b), [], 'the peer had them already');
      await second.reaches('MASTER', 5000);
      await waitFor('the peer to have them', 1000, () => held(b).length === 2);
      if (signal === 'SIGSTOP') first.program.kill('SIGCONT');
    });
  }
});

describe('a MASTER that runs', { skip, concurrency: 2 }, () => {
  it('keeps its addresses and its routes, and programs see no removal', async (t) => {
    const { a, first } = await serving(t);
    const monitor = a.spawn(['ip', '-timestamp', 'monitor', 'address']);
    await elapse(4500);
    monitor.kill('SIGTERM');
    await monitor.exited;
    assert.ok(!monitor.text.includes('Deleted'), monitor.text);
    assert.ok(monitor.text.includes('valid_lft 2sec'), monitor.text);
    assert.match(a.ip('address', 'show', 'dev', 'eth0'), /10\.88\.0\.100\/24 [^\n]*\n\s+valid_lft [12]sec/);
    assert.equal(first.lines.filter(({ event }) => event === 'state').at(-1)?.to, 'MASTER');
    first.program.kill('SIGKILL');
    await untilGone(a);
    await elapse(1500);
    const routes = a.ip('-6', 'route', 'show', 'dev', 'eth0');
    assert.match(routes, /^fd88::\/64 /m, 'the network of the host itself');
    assert.ok(!/^fd88::\/64 .*expires/m.test(routes), routes);
  });

  it('is started again after a kill, and serves as before', async (t) => {
    const { a, first } = await serving(t);
    first.program.kill('SIGKILL');
    const again = carpet(a);
    await again.reaches('MASTER', 8000);
    await elapse(3500);
    assert.deepEqual(held(a), ADDRESSES);
    assert.ok(!again.program.text.includes('expired'), again.program.text);
  });

  it('that stood still, but for less than a dead time, puts back what has gone, and says why', async (t) => {
    const { a, first } = await serving(t, { lifetime: 1 });
    first.program.kill('SIGSTOP');
    await elapse(1800);
    first.program.kill('SIGCONT');
    await first.program.waitForLine(/expired on eth0, because this process could not renew it/, 2000);
    await waitFor('the addresses', 1000, () => held(a).length === 2);
    await elapse(3000);
    assert.deepEqual(held(a), ADDRESSES);
    assert.equal(first.state(), 'MASTER');
    assert.ok(!first.program.text.includes('another program'), first.program.text);
  });
});

test('clients keep their connection through renewals', {
  skip: skip || needs('program:python3'),
}, async (t) => {
  const { lab, a } = await serving(t);
  const client = host(lab, 'c', 11);
  const server = a.spawn(['python3', '-u', '-c', SERVER]);
  await server.waitForLine(/ready/, 5000);
  const caller = client.spawn(['python3', '-u', '-c', CLIENT]);
  const { code } = await caller.exited;
  assert.equal(code, 0, caller.text);
  const longest = Number(/longest (\d+)/.exec(caller.text)?.[1]);
  assert.ok(longest < 500, caller.text);
});

const SERVER = `
import socket
s = socket.create_server(('10.88.0.100', 7777))
print('ready')
c, _ = s.accept()
while True:
    data = c.recv(100)
    if not data: break
    c.sendall(data)
`;
const CLIENT = `
import socket, time
s = socket.create_connection(('10.88.0.100', 7777), 5)
longest, end = 0, time.time() + 6
while time.time() < end:
    began = time.time()
    s.sendall(b'x'); assert s.recv(1) == b'x'
    longest = max(longest, time.time() - began)
    time.sleep(0.01)
print('longest %d' % (longest * 1000))
`;
