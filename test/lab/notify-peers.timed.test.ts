/**
 * Switches and neighbours relearn: on a bridge, with real caches, after netif_notify_peers the forwarding table and
 * the neighbours' caches point to the new place. And `carpet notify-peers`, on the wire.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Kernel } from '../../core/index.js';
import { IfnetModule, InetAddress, InetPrefix, parseLladdr } from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { NotifyPeers } from '../../modules/notify-peers/index.js';
import { needs } from '../support/needs.js';
import { elapse, isGratuitous, Laboratory, type Namespace, waitFor } from './support/index.js';

const CARPET = fileURLToPath(new URL('../../modules/cli/main.js', import.meta.url));
const LLADDR = { a: '02:00:00:00:77:0a', b: '02:00:00:00:77:0b', c: '02:00:00:00:77:0c' };
const VIP = ['10.77.0.100', 'fd77::100'] as const;

interface Bed {
  lab: Laboratory;
  a: Namespace;
  b: Namespace;
  c: Namespace;
}

/** Two hosts that may hold the address, and one that talks to it, on one bridge. */
function bed(t: TestContext): Bed {
  const lab = Laboratory.open(t);
  const host = (role: 'a' | 'b' | 'c', n: number): Namespace =>
    lab.host(role, { lladdr: LLADDR[role], addresses: [`10.77.0.${n}/24`, `fd77::${n}/64`] });
  return { lab, a: host('a', 1), b: host('b', 2), c: host('c', 3) };
}

async function load(t: TestContext, host: Namespace) {
  const kernel = new Kernel();
  await kernel.load(LinuxDriver, { netns: host.name });
  const notify = await kernel.load(NotifyPeers);
  t.after(() => kernel.shutdown());
  return { kernel, notify, eth0: kernel.get(IfnetModule).byName('eth0')! };
}

/** Where a host believes an address to be. */
function cached(host: Namespace, address: string): string | undefined {
  const entries = JSON.parse(host.ip('-j', 'neigh', 'show', address)) as { lladdr?: string }[];
  return entries[0]?.lladdr;
}

/** Nobody listens on the port, so a host that is reached refuses at once; one that is not stays silent. */
function assertReaches(host: Namespace, address: string): void {
  const connect = ['timeout', '2', 'bash', '-c', `exec 3<>/dev/tcp/${address}/9`];
  assert.throws(() => host.exec(...connect), /Connection refused/, `${address} was not reached`);
}

/** Behind which port the switch believes a link-layer address to be. */
function forwarded({ lab }: Bed, lladdr: string): string | undefined {
  const entries = JSON.parse(lab.switch.exec('bridge', '-j', 'fdb', 'show', 'br', 'br0')) as {
    mac: string;
    ifname: string;
    state?: string;
  }[];
  return entries.find(({ mac, state }) => mac === lladdr && state !== 'permanent')?.ifname;
}

function give(host: Namespace, address: string): void {
  const prefix = address.includes(':') ? [`${address}/64`, 'nodad'] : [`${address}/24`];
  host.ip('address', 'add', prefix[0]!, 'dev', 'eth0', ...prefix.slice(1));
}

describe('netifNotifyPeers on a bridge', { skip: needs('root', 'netns', 'native') }, () => {
  for (const address of VIP) {
    it(`moves ${address} in the cache of a neighbour that knows the old place`, async (t) => {
      const hosts = bed(t);
      const { a, b, c } = hosts;
      give(a, address);
      assertReaches(c, address);
      assert.equal(cached(c, address), LLADDR.a);
      const { notify, eth0 } = await load(t, b);
      a.ip('address', 'flush', 'to', address, 'dev', 'eth0');
      eth0.addAddress(InetPrefix.parse(`${address}/${address.includes(':') ? 64 : 24}`), { nodad: true });
      await elapse(200);
      assert.equal(cached(c, address), LLADDR.a, 'nobody has told it yet');
      notify.netifNotifyPeers(eth0, { addresses: [InetAddress.parse(address)] });
      await waitFor('the cache to follow', 1000, () => cached(c, address) === LLADDR.b);
      assertReaches(c, address);
    });

    it(`moves a link-layer address that came to another port with ${address}`, async (t) => {
      const hosts = bed(t);
      const { lab, a, b, c } = hosts;
      give(a, address);
      assertReaches(c, address);
      assert.equal(forwarded(hosts, LLADDR.a), lab.port(a));
      // The machine has moved: its address and its link-layer address are at another port, its old port is silent.
      a.ip('address', 'flush', 'dev', 'eth0');
      a.ip('link', 'set', 'eth0', 'address', '02:00:00:00:77:ff');
      b.ip('link', 'set', 'eth0', 'address', LLADDR.a);
      const { notify, eth0 } = await load(t, b);
      eth0.addAddress(InetPrefix.parse(`${address}/${address.includes(':') ? 64 : 24}`), { nodad: true });
      // With an IPv6 address the kernel tells of its multicast groups by itself, some time within a second.
      await waitFor('the switch to send it to the old port', 2000, () => {
        lab.switch.exec('bridge', 'fdb', 'replace', LLADDR.a, 'dev', lab.port(a), 'master', 'dynamic');
        return forwarded(hosts, LLADDR.a) === lab.port(a);
      });
      notify.netifNotifyPeers(eth0, { addresses: [InetAddress.parse(address)] });
      await waitFor('the switch to follow', 1000, () => forwarded(hosts, LLADDR.a) === lab.port(b));
      assertReaches(c, address);
    });
  }

  it('announces a virtual link-layer address, so that the switch learns that', async (t) => {
    const hosts = bed(t);
    const { notify, eth0 } = await load(t, hosts.b);
    const lladdr = parseLladdr('00:00:5e:00:01:07');
    notify.netifNotifyPeers(eth0, { lladdr });
    await waitFor(
      'the switch',
      1000,
      () => forwarded(hosts, '00:00:5e:00:01:07') === hosts.lab.port(hosts.b),
    );
  });

  it('comes by itself when the interface does, if the host wants it, and when its link is there', async (t) => {
    const { lab, b } = bed(t);
    b.sysctl('net.ipv4.conf.eth0.arp_notify', 1);
    b.ip('link', 'set', 'eth0', 'down');
    lab.cut(b);
    await load(t, b);
    b.ip('link', 'set', 'eth0', 'up');
    const capture = await lab.capture('arp');
    await elapse(200);
    assert.deepEqual(
      capture.where((frame) => isGratuitous(frame)),
      [],
      'what the kernel sent by itself is lost',
    );
    lab.heal(b);
    await capture.waitFor('the announcement', 3000, (frame) => isGratuitous(frame, '10.77.0.2'));
    await capture.stop();
  });
});

describe('carpet notify-peers', { skip: needs('root', 'netns', 'native') }, () => {
  const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  it("sends the bytes of Linux's own announcements, as often and as far apart as asked", async (t) => {
    const { lab, b } = bed(t);
    const capture = await lab.capture('arp or (icmp6 and ip6[40] = 136)');
    const addresses = ['--address', '10.77.0.2', '--address', 'fd77::2'];
    const exit = await b.node(CARPET, [
      'notify-peers',
      'eth0',
      '--count',
      '3',
      '--interval',
      '100',
      ...addresses,
    ]).exited;
    assert.equal(exit.code, 0);
    const frames = await capture.stop();
    const arps = frames.filter((frame) => isGratuitous(frame, '10.77.0.2'));
    const nas = frames.filter((frame) => frame.neighbour === 'fd77::2');
    assert.deepEqual([arps.length, nas.length], [3, 3]);
    const b6 = LLADDR.b.replaceAll(':', '');
    assert.equal(
      hexOf(arps[0]!.bytes),
      `ffffffffffff${b6}08060001080006040001${b6}0a4d00020000000000000a4d0002`,
    );
    const na = hexOf(nas[0]!.bytes);
    assert.equal(nas[0]!.bytes.length, 86);
    assert.ok(na.startsWith(`333300000001${b6}86dd6000000000203aff`), na);
    assert.ok(na.endsWith(`20000000fd7700000000000000000000000000020201${b6}`), na);
    for (const i of [1, 2]) {
      const gap = arps[i]!.time - arps[i - 1]!.time;
      assert.ok(gap > 95 && gap < 200, `${gap} ms apart`);
    }
  });

  it('announces all addresses if none is named, and replies if asked', async (t) => {
    const { lab, b } = bed(t);
    give(b, VIP[0]);
    const capture = await lab.capture('arp');
    const exit = await b.node(CARPET, ['notify-peers', 'eth0', '--reply']).exited;
    assert.equal(exit.code, 0);
    const frames = (await capture.stop()).filter((frame) => isGratuitous(frame));
    assert.deepEqual(
      frames.map(({ arp }) => [arp!.operation, arp!.sender]),
      [
        [2, '10.77.0.2'],
        [2, VIP[0]],
      ],
    );
  });

  it('fails if the interface goes before the last round', async (t) => {
    const { b } = bed(t);
    b.ip('link', 'add', 'veth8', 'type', 'veth', 'peer', 'name', 'veth9');
    b.ip('address', 'add', '10.78.0.2/24', 'dev', 'veth8');
    for (const name of ['veth8', 'veth9']) b.ip('link', 'set', name, 'up');
    const program = b.node(CARPET, ['notify-peers', 'veth8', '--count', '255', '--interval', '100']);
    await elapse(2000);
    b.ip('link', 'del', 'veth8');
    assert.equal((await program.exited).code, 2, program.text);
    assert.match(program.text, /^carpet: veth8 has gone, or its addresses, before the last round$/m);
  });

  it('says what is wrong, in one line', async (t) => {
    const { b } = bed(t);
    b.ip('link', 'add', 'empty0', 'type', 'bridge');
    b.ip('link', 'set', 'eth0', 'down');
    for (const [args, code, expected] of [
      [['nope'], 1, /^carpet: interface nope does not exist/],
      [['lo'], 1, /^carpet: interface lo has no peers/],
      [['empty0'], 2, /^carpet: interface empty0 has no address/],
      [['eth0'], 2, /^carpet: \d+ announcements? on eth0 could not be sent/m],
    ] as const) {
      const program = b.node(CARPET, ['notify-peers', ...args]);
      const exit = await program.exited;
      assert.equal(exit.code, code, program.text);
      assert.match(program.text, expected);
      assert.doesNotMatch(program.text, /\n\s+at /);
    }
  });
});
