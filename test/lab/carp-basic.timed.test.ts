/** CARP on real interfaces, carpet among itself: takeover on the wire, hand-over, cable, addresses, wrong password. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { isAdvertisement, isGratuitous, Laboratory, type Namespace } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:tcpdump', 'program:ip');
const SHARED = '10.88.0.100';
const vhid = (advskew = 0) => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: [`${SHARED}/24`],
  advskew,
});
const has = (host: Namespace): boolean =>
  host.ip('-o', 'address', 'show', 'dev', 'eth0').includes(`${SHARED}/24`);

for (const sockets of ['libc', 'raw-socket'] as const) {
  const reason = sockets === 'libc' ? skip : skip || needs(sockets);
  test(
    `a takeover, a hand-over and a pulled cable, on the wire, with the sockets of ${sockets}`,
    { skip: reason },
    (t) => failover(t, sockets),
  );
}

async function failover(t: TestContext, sockets: string): Promise<void> {
  const sysctl = { 'net.link.linux.sockets': sockets };
  const lab = Laboratory.open(t);
  const capture = await lab.capture('proto 112 or arp');
  const [a, b] = ['a', 'b'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false }),
  ) as [Namespace, Namespace];
  const first = new CarpetCarp(a, [vhid()], sysctl);
  await first.reaches('MASTER', 6000);
  assert.ok(has(a));
  assert.match(
    first.program.text,
    sockets === 'libc' ? /opened by the C library/ : /opened by the package raw-socket/,
  );
  const second = new CarpetCarp(b, [vhid(20)], sysctl);
  await second.reaches('BACKUP', 4000);
  await capture.waitFor(
    'an advertisement',
    2000,
    (f) => isAdvertisement(f, '10.88.0.1'),
    capture.frames.length,
  );

  // The master dies without a word: its last advertisement starts the clock.
  first.program.kill('SIGKILL');
  const died = performance.timeOrigin + performance.now();
  await second.reaches('MASTER', 5000);
  const last = capture.where((f) => isAdvertisement(f, '10.88.0.1')).at(-1)!;
  const advert = await capture.waitFor('the successor', 1000, (f) => isAdvertisement(f, '10.88.0.2'));
  const garp = await capture.waitFor(
    'its ARP',
    1000,
    (f) => isGratuitous(f, SHARED) && f.time >= advert.time - 1,
  );
  const nominal = 3000 + (20 * 1000) / 256;
  assert.ok(died > last.time);
  assert.ok(advert.time - last.time >= nominal - 1, `too early: ${advert.time - last.time}`);
  assert.ok(advert.time - last.time <= nominal + 100, `too late: ${advert.time - last.time}`);
  assert.ok(garp.time - advert.time <= 20, `ARP ${garp.time - advert.time} ms after the advertisement`);
  assert.ok(has(b));

  // Back again, a graceful stop hands over at once. The first left its address behind; as BACKUP it takes it off.
  const third = new CarpetCarp(a, [vhid(10)], sysctl);
  await third.reaches('BACKUP', 4000);
  assert.ok(!has(a));
  second.program.kill('SIGTERM');
  const taken = await third.reaches('MASTER', 2000);
  assert.equal(taken.reason, 'master will time out');
  const bow = await capture.waitFor('a bow-out', 1000, (f) => f.advertisement?.advbase === 255);
  const next = await capture.waitFor(
    'the next advertisement',
    1000,
    (f) => isAdvertisement(f, '10.88.0.1') && f.time > bow.time,
  );
  assert.ok(next.time - bow.time < 100, `handed over in ${next.time - bow.time} ms`);
  assert.equal((await second.program.exited).code, 0);
  assert.ok(!has(b));

  // A pulled cable is noticed at once, a mended one brings it back.
  lab.cut(a);
  const down = await third.reaches('INIT', 2000);
  assert.equal(down.reason, 'hardware interface down');
  assert.ok(!has(a));
  lab.heal(a);
  await third.reaches('MASTER', 6000, third.lines.indexOf(third.lines.findLast((l) => l.to === 'INIT')!));
}

test('a wrong password is told, with its cause, and shown nowhere', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const a = lab.host('a', { addresses: ['10.88.0.1/24'], ipv6: false });
  const b = lab.host('b', { addresses: ['10.88.0.2/24'], ipv6: false });
  const first = new CarpetCarp(a, [vhid()]);
  const second = new CarpetCarp(b, [{ ...vhid(), password: 'wrong-secret' }]);
  await first.reaches('MASTER', 6000);
  await second.program.waitForLine(/10\.88\.0\.1 refused: its digest is wrong: password, vhid/, 6000);
  const status = await second.status();
  assert.ok(Number((status['statistics'] as Record<string, number>)['badauth']) > 0);
  assert.ok(!second.program.text.includes('wrong-secret'));
});
