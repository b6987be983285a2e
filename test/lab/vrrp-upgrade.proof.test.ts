/** `carpet up --replace` of a virtual router beside the real keepalived, which notices nothing. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, wallTime } from './support/index.js';
import { Requests } from './support/requests.js';
import { UpgradedHost } from './support/upgrade.js';
import { advertisementOf, Keepalived } from './support/vrrp.js';

const skip = needs('root', 'netns', 'program:ip', 'program:tcpdump', 'program:keepalived');
const UPGRADES = 10;
const SHARED = '10.88.0.100';
const INTERVAL_MS = 1000;
/** A request that is under way at the end is not lost. */
const IN_FLIGHT_MS = 50;

async function upgrade(t: TestContext, virtualMac: boolean): Promise<void> {
  const lab = Laboratory.open(t);
  const [a, b, d] = ['a', 'b', 'd'].map((role, i) => {
    const host = lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false });
    Requests.allowAnswers(host);
    return host;
  });
  const router = `{ifname: eth0, vrid: 7, priority: 150, addresses: [${SHARED}/24], virtualMac: ${virtualMac}}`;
  const master = new UpgradedHost(a!, [], t, [router]);
  const keepalived = new Keepalived(b!, { version: 3, family: 4, priority: 100 });
  t.after(() => keepalived.dispose());
  const capture = await lab.capture('proto 112 or icmp or udp', lab.switch, lab.port(d!));
  await master.start();
  await master.program.waitForLine(/7@eth0: BACKUP -> MASTER/, 9000);
  keepalived.start();
  const client = new Requests(d!, SHARED);
  await client.answered(5000);
  await elapse(2500);
  const [link, from, said] = [a!.ip('-o', 'link'), wallTime(), keepalived.program.text.length];
  for (let i = 0; i < UPGRADES; i++) await master.replace();
  await elapse(1500);
  const to = wallTime() - IN_FLIGHT_MS;

  const frames = capture.where(({ time }) => time >= from && time < to);
  const sent = frames.filter(({ ip }) => ip?.protocol === 112).map(advertisementOf);
  assert.ok(
    sent.every(({ source, priority }) => source === '10.88.0.1' && priority === 150),
    JSON.stringify(sent.map(({ source, priority }) => [source, priority])),
  );
  const gaps = sent.slice(1).map(({ time }, i) => time - sent[i]!.time);
  const requests = frames.filter(({ ip }) => ip?.protocol === 17 && ip.destination === SHARED);
  const answers = frames.filter(({ ip }) => ip?.protocol === 1 && ip.source === SHARED);
  const longest = Math.max(...gaps) / INTERVAL_MS;
  t.diagnostic(
    `${UPGRADES} upgrades: longest gap ${longest.toFixed(3)} intervals, ${requests.length} requests, ${answers.length} answers`,
  );
  assert.ok(longest <= 1.2, gaps.join(' '));
  assert.ok(requests.length > 100 && requests.length - answers.length <= 1, `${answers.length}`);
  assert.doesNotMatch(keepalived.program.text.slice(said), /MASTER STATE|BACKUP STATE|FAULT/);
  assert.equal(keepalived.holds, false);
  assert.equal(a!.ip('-o', 'link'), link);

  const { text } = await master.carpet('vrrp');
  assert.match(text, /7@eth0 +MASTER/);
  await master.program.end('SIGTERM');
  await keepalived.becomes('MASTER', 3000);
  assert.ok(!a!.ip('address').includes(SHARED), 'it has left its address behind');
}

test(`${UPGRADES} upgrades of a MASTER, of which keepalived notices nothing`, { skip }, (t) =>
  upgrade(t, false),
);

test(
  `${UPGRADES} upgrades of a MASTER with a virtual MAC, of which keepalived notices nothing`,
  { skip },
  (t) => upgrade(t, true),
);
