/** `carpet why` of virtual routers in the situations an operator meets: the facts, and that the sentences name them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpModule } from '../../../modules/carp/index.js';
import { IfnetError, IfnetModule } from '../../../modules/ifnet/index.js';
import type { VrrpRouterOptions, VrrpWhyAnswer, VrrpWhyFacts } from '../../../modules/vrrp/index.js';
import { type Host, SHARED, World } from './support/world.js';

const call = { caller: {}, signal: new AbortController().signal };

async function why({ kernel }: Host, vhid?: string): Promise<VrrpWhyAnswer[]> {
  return (await kernel.verbs.invoke('why', vhid === undefined ? {} : { vhid }, call)) as VrrpWhyAnswer[];
}

/** Checks facts and sentences of the only virtual router. */
async function assertWhy(host: Host, facts: Partial<VrrpWhyFacts>, ...sentences: RegExp[]): Promise<void> {
  const [answer] = (await why(host)) as [VrrpWhyAnswer];
  const shown = Object.fromEntries(
    Object.keys(facts).map((name) => [name, answer[name as keyof VrrpWhyFacts]]),
  );
  assert.deepEqual(shown, facts, answer.sentences.join('\n'));
  for (const pattern of sentences)
    assert.ok(
      answer.sentences.some((each) => pattern.test(each)),
      `${pattern} in\n${answer.sentences.join('\n')}`,
    );
}

/** Two hosts, of which the first is MASTER with priority 150, and the other one has 100. */
async function pair(world: World, a: Partial<VrrpRouterOptions> = {}, b: Partial<VrrpRouterOptions> = {}) {
  const [first, second] = [await world.host(), await world.host()];
  first.create({ priority: 150, ...a });
  await world.clock.advance(5000);
  second.create(b);
  await world.clock.advance(5400);
  return [first, second] as const;
}

const interfaceOf = ({ kernel }: Host) => kernel.get(IfnetModule).byName('eth0')!;
const routerOf = ({ vrrp }: Host) => vrrp.list()[0]!;
const lines = ({ log }: Host): string[] => log.map(({ message }) => message);

describe('why a virtual router', () => {
  it('is in INIT: each cause has its remedy', async () => {
    await using world = new World();
    const host = await world.host();
    const router = host.create();
    await world.clock.advance(5000);
    router.setState('INIT');
    await assertWhy(
      host,
      { state: 'INIT', obstacles: ['held'] },
      /held in INIT.*carpet vrrp state all backup/,
    );
    router.setState('BACKUP');
    host.kernel.sysctl.set('net.inet.vrrp.allow', 0);
    await assertWhy(host, { obstacles: ['not allowed'] }, /carpet sysctl net\.inet\.vrrp\.allow=1/);
    host.kernel.sysctl.set('net.inet.vrrp.allow', 1);
    world.lan.cut('host1:eth0');
    await world.clock.advance(100);
    await assertWhy(host, { obstacles: ['no carrier'] }, /no carrier: look at the cable/);
    world.lan.mend('host1:eth0');
    interfaceOf(host).setUp(false);
    await world.clock.advance(100);
    const next = { successor: 'not this host', after: undefined, peer: undefined } as const;
    await assertWhy(
      host,
      { obstacles: ['interface down'], next },
      /ip link set it up/,
      /would not take over\.$/,
    );
    const absent = await world.host();
    absent.create({ ifname: 'eth7' });
    await assertWhy(absent, { state: 'INIT', obstacles: ['no interface'] }, /does not exist/);
    const bare = await world.host(undefined, { addresses: [] });
    bare.create();
    await assertWhy(bare, { state: 'INIT', obstacles: ['no source address'] }, /add one, or set `source`/);
    const slow = await world.host();
    slow.create({ startupDelay: 60_000 });
    await assertWhy(slow, { state: 'INIT', obstacles: ['start-up delay'] });
  });

  it('is BACKUP: a better master, a tie, no preemption, its delay', async () => {
    for (const [options, obstacle, sentence] of [
      [{}, 'a better master', /has a higher priority: 150, here 100\.$/],
      [{ priority: 150 }, 'a tie', /the same priority, and who is MASTER stays/],
      [{ priority: 200, preempt: false }, 'no preemption', /set preempt, or carpet vrrp state all master/],
      [
        { priority: 200, preemptDelay: 60_000 },
        'preemption delay',
        /waits for its preemptDelay, of which 5\d s are left\.$/,
      ],
    ] as const) {
      await using world = new World();
      const [, second] = await pair(world, {}, options);
      await assertWhy(
        second,
        { state: 'BACKUP', obstacles: [obstacle], rivals: [] },
        sentence,
        /^The MASTER is 10\.88\.0\.1 \(priority 150, every 1\.00 s\), heard 0\.\d\d s ago\.$/,
        /^If the MASTER died now, this host would take over [123]\.\d\d s later/,
      );
    }
  });

  it('is BACKUP and hears no MASTER: the time that is left', async () => {
    await using world = new World();
    const [, second] = await pair(world);
    const alone = await world.host();
    world.lan.cut('host3:eth0');
    alone.create({ ignoreLinkState: true });
    await world.clock.advance(1000);
    await assertWhy(
      alone,
      { obstacles: ['no master heard yet'] },
      /^Unless a MASTER is heard, this host takes over in 2\.61 s\.$/,
    );
    world.lan.cut('host1:eth0');
    const [{ peers }] = (await why(second)) as [VrrpWhyAnswer];
    await world.clock.advance(3000 - peers[0]!.heardAgo);
    await assertWhy(
      second,
      { obstacles: ['about to take over'], master: undefined },
      /it is about to take over, in 0\.61 s\.$/,
      /^Unless a MASTER is heard, this host takes over in 0\.61 s\.$/,
    );
    await world.clock.advance(4000);
    world.lan.mend('host3:eth0');
    await world.clock.advance(4000);
    const backup = [second, alone].find((host) => routerOf(host).state === 'BACKUP')!;
    routerOf(backup === alone ? second : alone).setState('INIT');
    await world.clock.advance(200);
    await assertWhy(backup, {}, /^Unless a MASTER is heard, this host takes over in 0\.41 s\.$/);
  });

  it('is BACKUP because it is demoted or drained, by whom and by how much', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    second.vrrp.list()[0]!.configure({ priority: 200 });
    await second.kernel.verbs.invoke('drain', { reason: 'disk', force: true }, call);
    await world.clock.advance(5000);
    assert.deepEqual(world.masters(), [first.name]);
    await assertWhy(
      second,
      { obstacles: ['drained', 'a better master'], priority: 1 },
      /it is drained: carpet undrain\.$/,
      /^Its priority is 1 now, because of: disk \(all by 240, drain\)\.$/,
    );
  });

  it('is BACKUP because it cannot serve, and not because its group is called after servers', async () => {
    await using world = new World();
    const [first, second] = await pair(world, {}, { virtualMac: false });
    const lame = second.create({ ifname: 'eth7', vrid: 8, failoverGroup: 'servers' });
    routerOf(second).configure({ failoverGroup: 'servers' });
    await assertWhy(second, { obstacles: ['demoted', 'a better master'] });
    second.vrrp.remove(lame);
    const ifp = interfaceOf(second);
    const add = ifp.addAddress.bind(ifp);
    ifp.addAddress = () => {
      throw new IfnetError('EPERM', 'eth0', 'not permitted');
    };
    routerOf(second).setState('MASTER');
    await world.clock.advance(3000);
    assert.deepEqual([world.masters(), routerOf(second).state], [[first.name], 'BACKUP']);
    await assertWhy(second, { obstacles: ['demoted', 'cannot serve', 'a better master'] });
    ifp.addAddress = add;
  });

  it('is MASTER: who would be next, as far as that can be known', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    await assertWhy(
      first,
      { state: 'MASTER', obstacles: [], next: { successor: 'unknown', after: undefined, peer: undefined } },
      /^This host is the MASTER; no other MASTER is heard\.$/,
      /nobody might take over: no other host has been heard, though a BACKUP sends nothing\.$/,
    );
    routerOf(first).setState('BACKUP');
    await world.clock.advance(9000);
    assert.deepEqual(world.masters(), [first.name]);
    const after = 3000 + (156 / 256) * 1000;
    await assertWhy(
      first,
      { next: { successor: 'a peer', after, peer: '10.88.0.2' } },
      /10\.88\.0\.2 would take over within 3\.61 s, if it is still there: a BACKUP sends nothing\.$/,
    );
    routerOf(first).setState('INIT');
    await world.clock.advance(3000);
    await assertWhy(
      second,
      { next: { successor: 'none left', after: undefined, peer: undefined } },
      /nobody might take over: every host that was heard has said that it stops/,
    );
  });

  it('is MASTER beside another one, which ignores it', async () => {
    await using world = new World();
    const [first] = await pair(
      world,
      { addresses: [SHARED, '10.88.0.101/24'] },
      { addressList: 'drop', priority: 90 },
    );
    assert.deepEqual(world.masters(), ['host1', 'host2']);
    await assertWhy(
      first,
      { state: 'MASTER', rivals: ['10.88.0.2'] },
      /^This host is the MASTER; but 10\.88\.0\.2 advertises too: two masters/,
    );
  });

  it('changed its state: what the failover was about, in the log too', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    world.lan.cut('host1:eth0');
    await world.clock.advance(4000);
    const silent =
      /^nothing was heard of 10\.88\.0\.1 for 3\.6\d s, after gaps of 1\.00 s to 1\.00 s; this process was on time \(0\.0 ms late\), so that host or the network fell silent at once$/;
    const [{ changes }] = (await why(second)) as [VrrpWhyAnswer];
    assert.deepEqual(
      [changes[0]!.from, changes[0]!.to, changes[0]!.reason],
      ['BACKUP', 'MASTER', 'master timed out'],
    );
    assert.match(changes[0]!.evidence!, silent);
    assert.ok(lines(second).some((line) => silent.test(line.replace('7@eth0: ', ''))));
    world.lan.mend('host1:eth0');
    await world.clock.advance(6000);
    assert.deepEqual(world.masters(), [first.name]);
    await assertWhy(
      second,
      {},
      /MASTER -> BACKUP, .*: 10\.88\.0\.1 advertised priority 150, this host's is 100\.$/,
    );
    routerOf(first).setState('INIT');
    await world.clock.advance(1000);
    await assertWhy(
      second,
      { reason: 'master stopped' },
      /10\.88\.0\.1 had said priority 0 0\.6\d s before; this process was on time/,
    );
    await assertWhy(first, { reason: 'user requested' });
  });

  it('is asked for by its name or number, beside a vhid of CARP', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    const carp = await host.kernel.load(CarpModule);
    carp.create({ ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.101/24'] });
    await world.clock.advance(5000);
    const names = async (vhid?: string) =>
      (await why(host, vhid)).map(({ sentences }) => sentences[0]!.split(' ')[0]);
    assert.deepEqual(await names(), ['7@eth0', '1@eth0']);
    assert.deepEqual([await names('7'), await names('1@eth0')], [['7@eth0'], ['1@eth0']]);
    await assert.rejects(why(host, '9'), /there is no vhid 9; there are: 7@eth0, 1@eth0/);
  });
});
