/**
 * `carpet doctor` in networks with one fault each, made on purpose: it is found, and nothing else is; and in a healthy one,
 * with two doctors at the same time.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { sequenceAt } from '../../modules/carp/seal/format.js';
import type { Finding } from '../../modules/doctor/index.js';
import { carpFrame } from '../modules/capture/support/files.js';
import { sealedAdvertisements } from '../modules/carp/support/seal.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace } from './support/index.js';
import { CARPET } from './support/pair.js';
import { upPair } from './support/up-host.js';
import { Wiretap } from './support/wiretap.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const VHID = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] };

class Ward {
  readonly lab: Laboratory;
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  readonly passfile = join(this.#folder, 'pass');

  constructor(t: TestContext) {
    this.lab = Laboratory.open(t);
    t.after(() => rmSync(this.#folder, { recursive: true }));
    writeFileSync(this.passfile, 'secret\n', { mode: 0o600 });
  }

  host(role: string, ...addresses: string[]): Namespace {
    return this.lab.host(role, { addresses });
  }

  /** Two hosts, of which the first is MASTER of vhid 1. */
  async pair(): Promise<readonly [Namespace, Namespace]> {
    const [a, b] = [this.host('a', '10.88.0.1/24'), this.host('b', '10.88.0.2/24')];
    await new CarpetCarp(a, [VHID]).reaches('MASTER', 20_000);
    await new CarpetCarp(b, [{ ...VHID, advskew: 100 }]).reaches('BACKUP', 20_000);
    return [a, b];
  }

  /** What the doctor finds at a host, as `code on`; asked about vhid 1 unless told otherwise. */
  async examine(
    host: Namespace,
    ...args: string[]
  ): Promise<{ codes: string[]; findings: Finding[]; notes: string[] }> {
    const about = args.includes('-i')
      ? []
      : ['-i', 'eth0', '-v', '1', '-a', '10.88.0.100/24', '-o', this.passfile];
    const program = host.node(CARPET, ['doctor', '--json', '--seconds', '4', ...about, ...args]);
    const { code } = await program.exited;
    const text = program.lines
      .filter(({ stream }) => stream === 'stdout')
      .map((line) => line.text)
      .join('\n');
    assert.match(program.text, /carpet: listens to .* for 4 s/);
    const { findings, notes } = JSON.parse(text) as { findings: Finding[]; notes: string[] };
    assert.equal(code, findings.length === 0 ? 0 : 3, program.text);
    for (const { text: said, remedy } of findings) assert.ok(said.length > 9 && remedy.length > 9);
    return { codes: findings.map(({ code: kind, on }) => `${kind} ${on}`), findings, notes };
  }

  /** What two doctors find that work at the same time. */
  async together(a: Namespace, b: Namespace, ...args: string[]): Promise<readonly [string[], string[]]> {
    const [first, second] = await Promise.all([this.examine(a, ...args), this.examine(b, ...args)]);
    for (const { notes } of [first, second])
      assert.ok(!notes.some((note) => note.startsWith('no other host')), notes.join('\n'));
    return [first.codes, second.codes];
  }

  /** The port of a host on the switch. */
  port(host: Namespace, ...setting: string[]): void {
    this.lab.switch.exec('bridge', 'link', 'set', 'dev', this.lab.port(host), ...setting);
  }
}

describe('carpet doctor', { skip, concurrency: 2 }, () => {
  it('finds nothing in a healthy network, with two doctors, with one, and during a failover', async (t) => {
    const ward = new Ward(t);
    const [a, b] = await ward.pair();
    assert.deepEqual(await ward.together(a, b), [[], []]);
    const alone = await ward.examine(b, '--no-probes');
    assert.deepEqual([alone.codes, alone.notes.filter((note) => !note.includes('nft'))], [[], []]);
    const both = ward.together(a, b);
    await elapse(1500);
    for (const pid of a.pids.filter((each) => each !== process.pid)) {
      // The carpet, not the doctor: it has no --json of its own beside.
      if (commandOf(a, pid).includes(' carp ')) process.kill(pid, 'SIGTERM');
    }
    assert.deepEqual(await both, [[], []]);
  });

  it('finds interfaces that cannot carry CARP', async (t) => {
    const ward = new Ward(t);
    const host = ward.host('h', '10.88.0.1/24');
    const about = (ifname: string): string[] => ['-i', ifname, '-v', '1', '-a', '10.88.0.100/24'];
    assert.deepEqual((await ward.examine(host, ...about('eth7'))).codes, ['no-interface eth7']);
    assert.deepEqual((await ward.examine(host, ...about('lo'))).codes, ['not-ethernet lo']);
    ward.lab.cut(host);
    assert.deepEqual((await ward.examine(host)).codes, ['interface-down eth0']);
    ward.lab.heal(host);
    host.ip('link', 'set', 'eth0', 'down');
    assert.deepEqual((await ward.examine(host)).codes, ['interface-down eth0']);
    host.ip('link', 'set', 'eth0', 'up');
    host.ip('link', 'add', 'br7', 'type', 'bridge');
    host.ip('link', 'set', 'eth0', 'master', 'br7');
    assert.deepEqual((await ward.examine(host)).codes, ['bridge-port eth0']);
  });

  it('needs the privilege to listen, and says so', { skip: needs('program:setpriv') }, async (t) => {
    const ward = new Ward(t);
    const host = ward.host('h', '10.88.0.1/24');
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, CARPET];
    for (const command of ['doctor', 'explain']) {
      const program = host.spawn([...nobody, command, '-i', 'eth0']);
      assert.equal((await program.exited).code, 2, program.text);
      assert.match(program.text, /^carpet: listening needs root, or the capability CAP_NET_RAW$/m);
    }
  });

  it('goes on when an interface goes down and comes up', async (t) => {
    const ward = new Ward(t);
    const host = ward.host('h', '10.88.0.1/24');
    const live = host.node(CARPET, ['explain', '-i', 'eth0', '--json']);
    await live.waitForLine(/listening to eth0/, 20_000);
    host.ip('link', 'set', 'eth0', 'down');
    await elapse(300);
    host.ip('link', 'set', 'eth0', 'up');
    await new CarpetCarp(ward.host('peer', '10.88.0.2/24'), [VHID]).reaches('MASTER', 20_000);
    await live.waitForLine(/"src":"10\.88\.0\.2"/, 5000);
    await live.end('SIGINT');
  });

  it('reports an interface that is removed meanwhile', async (t) => {
    const ward = new Ward(t);
    const host = ward.host('h', '10.88.0.1/24');
    const live = host.node(CARPET, ['explain', '-i', 'eth0']);
    await live.waitForLine(/listening to eth0/, 20_000);
    const about = ['doctor', '-i', 'eth0', '-v', '1', '-a', '10.88.0.100/24', '--seconds', '3'];
    const doctor = host.node(CARPET, about);
    await doctor.waitForLine(/listens to eth0/, 20_000);
    await elapse(1500);
    host.ip('link', 'delete', 'eth0');
    assert.equal((await live.exited).code, 2, live.text);
    assert.match(live.text, /^carpet: interface eth0 was removed$/m);
    assert.equal((await doctor.exited).code, 3, doctor.text);
    assert.match(doctor.text, /no-interface/);
  });

  it('finds a bridge of this host that snoops without a querier', async (t) => {
    const ward = new Ward(t);
    const host = ward.host('h');
    host.ip('link', 'add', 'br7', 'type', 'bridge', 'mcast_snooping', '1');
    host.ip('link', 'set', 'eth0', 'master', 'br7');
    host.ip('link', 'set', 'br7', 'up');
    host.ip('address', 'add', '10.88.0.1/24', 'dev', 'br7');
    const about = ['-i', 'br7', '-v', '1', '-a', '10.88.0.100/24'];
    assert.deepEqual((await ward.examine(host, ...about)).codes, ['snooping br7']);
    host.ip('link', 'set', 'br7', 'type', 'bridge', 'mcast_querier', '1');
    assert.deepEqual((await ward.examine(host, ...about)).codes, []);
  });

  it('finds missing addresses and families', async (t) => {
    const ward = new Ward(t);
    const host = ward.host('h', 'fd00::1/64');
    assert.deepEqual((await ward.examine(host)).codes, ['no-address 1@eth0']);
    const sixth = ['-i', 'eth0', '-v', '1', '-a', 'fd00::100/64'];
    assert.deepEqual((await ward.examine(host, ...sixth)).codes, []);
    host.sysctl('net.ipv6.conf.eth0.disable_ipv6', 1);
    assert.deepEqual((await ward.examine(host, ...sixth)).codes, ['no-ipv6 1@eth0']);
  });

  it('finds sysctls that drop packets, answer wrongly, or take addresses away', async (t) => {
    const ward = new Ward(t);
    const a = ward.host('a', '10.88.0.1/24');
    a.sysctl('net.ipv4.conf.eth0.arp_ignore', 8);
    assert.deepEqual((await ward.examine(a)).codes, ['arp-ignore 1@eth0']);
    a.sysctl('net.ipv4.conf.eth0.arp_ignore', 0);
    ward.lab.plug(a, 'eth1', { addresses: ['10.88.0.51/24'] });
    assert.deepEqual((await ward.examine(a)).codes, ['arp-flux eth0']);
    for (const ifname of ['eth0', 'eth1']) a.sysctl(`net.ipv4.conf.${ifname}.arp_ignore`, 1);
    assert.deepEqual((await ward.examine(a)).codes, []);

    const first = ward.host('first', '10.88.0.100/24', '10.88.0.3/24');
    first.sysctl('net.ipv4.conf.eth0.promote_secondaries', 0);
    first.sysctl('net.ipv4.conf.all.promote_secondaries', 0);
    assert.deepEqual((await ward.examine(first)).codes, ['promote-secondaries eth0']);
    first.sysctl('net.ipv4.conf.eth0.promote_secondaries', 1);
    assert.deepEqual((await ward.examine(first)).codes, []);
  });

  it('finds strict reverse path filtering that drops a peer', async (t) => {
    const ward = new Ward(t);
    const [near, far] = [ward.host('near', '10.88.0.1/24'), ward.host('far', '10.99.0.2/24')];
    await new CarpetCarp(far, [VHID]).reaches('MASTER', 20_000);
    near.sysctl('net.ipv4.conf.eth0.rp_filter', 1);
    assert.deepEqual((await ward.examine(near)).codes, ['rp-filter eth0']);
    near.ip('route', 'add', '10.99.0.0/24', 'dev', 'eth0');
    assert.deepEqual((await ward.examine(near)).codes, []);
  });

  it('finds a firewall that drops protocol 112', { skip: needs('program:nft') }, async (t) => {
    const ward = new Ward(t);
    const [a, b] = await ward.pair();
    const rules = (host: Namespace, ...lines: string[]): void => {
      host.exec('nft', `flush ruleset; ${lines.join('; ')}`);
    };
    const table = 'add table inet f; add chain inet f i { type filter hook input priority 0; policy drop; }';
    rules(b, table, 'add rule inet f i tcp dport 22 accept');
    // Deaf, the second one becomes MASTER too, a dead time later.
    await elapse(4500);
    const masters = 'two-masters 1@eth0';
    assert.deepEqual(await ward.together(a, b), [[masters], ['firewall 1@eth0', masters]]);
    rules(b, table, 'add rule inet f i ip protocol 112 accept', 'add rule inet f i tcp dport 22 accept');
    await elapse(2500);
    assert.deepEqual(await ward.together(a, b), [[], []]);
    rules(
      b,
      'add table ip f',
      'add chain ip f o { type filter hook output priority 0; }',
      'add rule ip f o ip daddr 224.0.0.0/4 drop',
    );
    assert.deepEqual((await ward.examine(b)).codes, ['firewall 1@eth0']);
  });

  it('finds a rule of the old iptables that drops protocol 112', {
    skip: needs('program:iptables-legacy'),
  }, async (t) => {
    const ward = new Ward(t);
    const [, b] = await ward.pair();
    const rule = (...words: string[]): void => void b.exec('iptables-legacy', ...words);
    rule('-P', 'OUTPUT', 'DROP');
    rule('-A', 'OUTPUT', '-p', 'tcp', '-j', 'ACCEPT');
    const { codes, findings } = await ward.examine(b);
    assert.deepEqual(codes, ['firewall 1@eth0']);
    const { text, remedy } = findings[0]!;
    assert.match(text, /iptables-legacy -t filter, chain OUTPUT, its policy/);
    rule(...remedy.split(' ').slice(1));
    assert.deepEqual((await ward.examine(b)).codes, []);
  });

  it('finds a switch that drops multicast', async (t) => {
    const ward = new Ward(t);
    const [a, b] = [ward.host('a', '10.88.0.1/24'), ward.host('b', '10.88.0.2/24')];
    ward.port(b, 'mcast_flood', 'off');
    const [first, second] = await ward.together(a, b);
    assert.deepEqual([first, second], [['multicast eth0', 'multicast eth0'], []]);
  });

  it('finds a port that lets only one link-layer address through', {
    skip: needs('program:nft'),
  }, async (t) => {
    const ward = new Ward(t);
    const [a, b] = [ward.host('a', '10.88.0.1/24'), ward.host('b', '10.88.0.2/24')];
    const lladdr = JSON.parse(a.ip('-j', 'link', 'show', 'eth0'))[0].address as string;
    ward.lab.switch.exec(
      'nft',
      `add table bridge f; add chain bridge f c { type filter hook prerouting priority 0; }; add rule bridge f c iifname ${ward.lab.port(a)} ether saddr != ${lladdr} drop`,
    );
    assert.deepEqual(await ward.together(a, b), [['mac-filter eth0'], []]);
  });

  it('finds a network that hands frames back', async (t) => {
    const ward = new Ward(t);
    const [a, b] = await ward.pair();
    ward.port(a, 'hairpin', 'on');
    assert.deepEqual(await ward.together(a, b), [['handed-back eth0'], []]);
  });

  it('finds two masters, and a stranger with this vhid', async (t) => {
    const ward = new Ward(t);
    const [a, b] = [ward.host('a', '10.88.0.1/24'), ward.host('b', '10.88.0.2/24')];
    const carpets = [new CarpetCarp(a, [VHID]), new CarpetCarp(b, [{ ...VHID, password: 'theirs' }])];
    for (const carpet of carpets) await carpet.reaches('MASTER', 20_000);
    const known = await ward.examine(a);
    assert.deepEqual(known.codes, ['vhid-taken 1@eth0']);
    assert.match(
      known.findings[0]!.text,
      /^10\.88\.0\.2 advertises vhid 1, and this host refuses it: wrong password/,
    );
    const unknown = await ward.examine(a, '-i', 'eth0', '-v', '1', '-a', '10.88.0.100/24');
    assert.deepEqual(unknown.codes, ['two-masters 1@eth0']);
    assert.match(unknown.findings[0]!.text, /10\.88\.0\.1 \(this host\)/);
  });

  it('asks the running kernel for its vhids, and what it refuses meanwhile', async (t) => {
    const ward = new Ward(t);
    const [a] = await upPair(ward.lab, t);
    const asked = ['--socket', a.socket];
    const healthy = await ward.examine(a.namespace, '-i', 'eth0', ...asked);
    assert.deepEqual(healthy.codes, []);
    const stranger = ward.host('stranger', '10.88.0.7/24');
    await new CarpetCarp(stranger, [{ ...VHID, password: 'theirs' }]).reaches('MASTER', 20_000);
    const { codes, findings } = await ward.examine(a.namespace, '-i', 'eth0', ...asked);
    assert.deepEqual(codes, ['two-masters 1@eth0', 'refused carp']);
    assert.match(findings[1]!.text, /^the counter badauth has risen by [3-6] meanwhile$/);
    const byFile = await ward.examine(a.namespace, '-i', 'eth0', '-f', a.file);
    assert.deepEqual(byFile.codes, ['vhid-taken 1@eth0']);
  });

  it('finds a VRRP router with the same number', { skip: needs('program:keepalived') }, async (t) => {
    const ward = new Ward(t);
    const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'keepalived.conf');
    writeFileSync(
      file,
      `vrrp_instance V {\n state MASTER\n interface eth0\n virtual_router_id 1\n priority 100\n advert_int 1
 virtual_ipaddress { 10.88.0.200/32 dev eth0 }\n}\n`,
    );
    const pids = ['-p', join(folder, 'main.pid'), '-r', join(folder, 'vrrp.pid')];
    ward.host('router', '10.88.0.9/24').spawn(['keepalived', '-n', '-P', '-f', file, ...pids]);
    await elapse(4500);
    assert.deepEqual((await ward.examine(ward.host('h', '10.88.0.1/24'))).codes, ['vrrp 1@eth0']);
  });

  it('finds clocks that differ', async (t) => {
    const ward = new Ward(t);
    const host = ward.host('h', '10.88.0.1/24');
    const peer = ward.host('peer', '10.88.0.2/24');
    const make = sealedAdvertisements(VHID, '10.88.0.2');
    using wire = new Wiretap(peer, 'eth0');
    const timer = setInterval(
      () =>
        wire.inject(carpFrame(make({ sequence: sequenceAt(Date.now() - 90_000) }), { source: '10.88.0.2' })),
      500,
    );
    t.after(() => clearInterval(timer));
    const { codes, findings } = await ward.examine(host);
    assert.deepEqual(codes, ['clock eth0']);
    assert.match(findings[0]!.text, /are (89|90|91) s behind this host's clock/);
  });
});

function commandOf(host: Namespace, pid: number): string {
  return host.exec('sh', '-c', `tr '\\0' ' ' < /proc/${pid}/cmdline`);
}
