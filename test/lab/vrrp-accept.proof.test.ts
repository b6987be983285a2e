/**
 * A router that does not accept packets to its addresses (RFC 9568 section 6.4.3): a client behind it reaches the network
 * beyond, and gets no answer from the addresses themselves; before, during and after upgrades, kills and failovers.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace, waitFor, wallTime } from './support/index.js';
import { Requests } from './support/requests.js';
import { UpgradedHost } from './support/upgrade.js';
import { Keepalived } from './support/vrrp.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:nft');
const SHARED4 = '10.88.0.100';
const SHARED6 = 'fd88::100';
const LINK = 'fe80::5e:7';
const BEYOND4 = '10.99.0.2';
const BEYOND6 = 'fd99::2';
const UPGRADES = 5;

interface Scene {
  readonly lab: Laboratory;
  readonly router: Namespace;
  readonly client: Namespace;
  readonly carpet: UpgradedHost;
  /** What asks each address every 10 ms. */
  readonly asked: Readonly<Record<string, Requests>>;
}

function settings(virtualMac: boolean, accept: boolean, priority = 150): string[] {
  const common = `ifname: eth0, vrid: 7, priority: ${priority}, virtualMac: ${virtualMac}, accept: ${accept}`;
  return [
    `{${common}, addresses: [${SHARED4}/24]}`,
    `{${common}, addresses: ["${LINK}/64", "${SHARED6}/64"]}`,
  ];
}

/** A client, a router with the virtual routers, and a host beyond it that knows the way back. */
async function setup(t: TestContext, routers: string[]): Promise<Scene> {
  const lab = Laboratory.open(t);
  const router = lab.host('router', { addresses: ['10.88.0.1/24', 'fd88::1/64'] });
  const client = lab.host('client', { addresses: ['10.88.0.9/24', 'fd88::9/64'] });
  const beyond = lab.namespace('beyond');
  lab.join(router, 'eth1', beyond, 'eth0');
  for (const [host, ifname, n] of [
    [router, 'eth1', 1],
    [beyond, 'eth0', 2],
  ] as const) {
    host.sysctl(`net.ipv6.conf.${ifname}.accept_dad`, 0);
    host.ip('link', 'set', ifname, 'up');
    host.ip('address', 'add', `10.99.0.${n}/24`, 'dev', ifname);
    host.ip('address', 'add', `fd99::${n}/64`, 'dev', ifname);
  }
  router.sysctl('net.ipv4.ip_forward', 1);
  router.sysctl('net.ipv6.conf.all.forwarding', 1);
  beyond.ip('route', 'add', 'default', 'via', '10.99.0.1');
  beyond.ip('-6', 'route', 'add', 'default', 'via', 'fd99::1');
  client.ip('route', 'add', 'default', 'via', SHARED4);
  client.ip('-6', 'route', 'add', 'default', 'via', LINK, 'dev', 'eth0');
  for (const host of [router, beyond]) Requests.allowAnswers(host);
  const carpet = new UpgradedHost(router, [], t, routers);
  await carpet.start();
  await isMaster(carpet);
  const names = [SHARED4, SHARED6, `${LINK}%eth0`, BEYOND4, BEYOND6, '10.88.0.1'];
  const asked = Object.fromEntries(names.map((name) => [name, new Requests(client, name)]));
  for (const name of [BEYOND4, BEYOND6]) await asked[name]!.answered(8000);
  return { lab, router, client, carpet, asked };
}

async function isMaster({ program }: UpgradedHost, from = 0): Promise<void> {
  for (const name of ['7@eth0', '7v6@eth0'])
    await program.waitForLine(new RegExp(`${name}: \\w+ -> MASTER`), 9000, from);
}

/** Which addresses answer in the next 300 ms. */
async function answering({ asked }: Scene): Promise<string[]> {
  const from = wallTime();
  await elapse(300);
  return Object.keys(asked).filter((name) => asked[name]!.count(from, wallTime()) > 0);
}

const ALL = [SHARED4, SHARED6, `${LINK}%eth0`, BEYOND4, BEYOND6, '10.88.0.1'];
const FORWARDED = [BEYOND4, BEYOND6, '10.88.0.1'];
const rules = (host: Namespace): string => host.exec('nft', 'list', 'ruleset');

for (const virtualMac of [false, true]) {
  describe(`accept off, ${virtualMac ? 'with' : 'without'} a virtual MAC`, { skip }, () => {
    it('forwards, answers ARP and neighbour solicitations, and nothing else, through upgrades', async (t) => {
      const scene = await setup(t, settings(virtualMac, false));
      const { router, client, carpet, asked } = scene;
      assert.deepEqual(await answering(scene), FORWARDED);
      client.ip('neigh', 'flush', 'all');
      await elapse(500);
      assert.deepEqual(await answering(scene), FORWARDED, 'after its neighbours were asked for anew');
      const lladdr = /link\/ether (\S+)/.exec(router.ip('link', 'show', 'eth0'))![1]!;
      const found = (address: string, family: 1 | 2) =>
        client.ip('neigh', 'show', address).includes(virtualMac ? `00:00:5e:00:0${family}:07` : lladdr);
      assert.ok(found(SHARED4, 1) && found(LINK, 2), client.ip('neigh'));

      router.exec('nft', 'flush', 'ruleset');
      assert.deepEqual(await answering(scene), FORWARDED, 'a firewall that is loaded anew changes nothing');
      const { text } = await carpet.carpet('doctor');
      assert.doesNotMatch(text, /firewall|nft/i, text);

      const from = wallTime();
      for (let i = 0; i < UPGRADES; i++) await carpet.replace();
      const to = wallTime();
      assert.equal(rules(router).match(/^table inet carpet/gm)?.length, 1, rules(router));
      for (const address of [SHARED4, SHARED6, `${LINK}%eth0`])
        assert.equal(asked[address]!.count(from, to), 0, `${address} has answered during an upgrade`);
      for (const address of [BEYOND4, BEYOND6]) {
        const silence = asked[address]!.longestSilence(from, to);
        t.diagnostic(`${address}: ${UPGRADES} upgrades, longest silence ${silence.toFixed(0)} ms`);
        assert.ok(silence < 200, `${silence} ms`);
      }
      await carpet.program.end('SIGTERM');
      assert.equal(rules(router), '', 'rules were left behind');
    });

    it('leaves no rule when it is killed, and refuses again when it is back', async (t) => {
      const scene = await setup(t, settings(virtualMac, false));
      const { router, carpet } = scene;
      carpet.program.kill('SIGKILL');
      await carpet.program.exited;
      await waitFor('its rules to go', 1000, () => rules(router) === '');
      await carpet.start();
      await isMaster(carpet);
      await waitFor('the way', 3000, async () => (await answering(scene)).includes(BEYOND4));
      assert.deepEqual(await answering(scene), FORWARDED);
    });
  });
}

describe('accept', { skip }, () => {
  it('goes with the addresses: a keepalived that has them answers, and the BACKUP has no rule', {
    skip: needs('program:keepalived'),
  }, async (t) => {
    const scene = await setup(t, settings(false, false, 120));
    const { lab, router, asked } = scene;
    const peer = lab.host('peer', { addresses: ['10.88.0.2/24'], ipv6: false });
    Requests.allowAnswers(peer);
    const keepalived = new Keepalived(peer, { version: 3, family: 4, priority: 200 }).start();
    t.after(() => keepalived.dispose());
    await keepalived.becomes('MASTER', 9000);
    await asked[SHARED4]!.answered(3000);
    assert.ok(!rules(router).includes(SHARED4), rules(router));
    assert.ok(rules(router).includes(SHARED6), 'of IPv6 it is MASTER still');
  });

  for (const [how, accept, priority] of [
    ['on', true, 150],
    ['off, but of the owner', false, 255],
  ] as const) {
    it(`${how}: the addresses answer, and there is no rule`, async (t) => {
      const scene = await setup(t, settings(true, accept, priority));
      assert.deepEqual(await answering(scene), ALL);
      assert.equal(rules(scene.router), '');
    });
  }
});
