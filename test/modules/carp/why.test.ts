/** `carpet why` in the situations an operator meets: the facts, and that the sentences name them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpPeerStatus, CarpVhidOptions, WhyAnswer, WhyFacts } from '../../../modules/carp/index.js';
import { evidenceText } from '../../../modules/carp/why/evidence.js';
import { whyFacts } from '../../../modules/carp/why/facts.js';
import { IfnetError, IfnetModule } from '../../../modules/ifnet/index.js';
import { succeed } from './support/successor.js';
import { type Host, SHARED, World } from './support/world.js';

const call = { caller: {}, signal: new AbortController().signal };

async function why(host: Host, vhid?: string): Promise<WhyAnswer> {
  const answers = (await host.kernel.verbs.invoke(
    'why',
    vhid === undefined ? {} : { vhid },
    call,
  )) as WhyAnswer[];
  return answers[0]!;
}

/** Checks facts and sentences. */
function assertWhy(answer: WhyAnswer, facts: Partial<WhyFacts>, ...sentences: RegExp[]): void {
  const shown = Object.fromEntries(Object.keys(facts).map((name) => [name, answer[name as keyof WhyFacts]]));
  assert.deepEqual(shown, facts, answer.sentences.join('\n'));
  for (const pattern of sentences)
    assert.ok(
      answer.sentences.some((each) => pattern.test(each)),
      `${pattern} in\n${answer.sentences.join('\n')}`,
    );
}

/** Two hosts, of which the first is MASTER, after so many ms. */
async function pair(
  a: Partial<CarpVhidOptions> = {},
  b: Partial<CarpVhidOptions> = { advskew: 100 },
  ms = 6000,
) {
  const world = new World();
  const [first, second] = [await world.host(), await world.host()];
  first.create(a);
  await world.clock.advance(4000);
  second.create(b);
  await world.clock.advance(ms);
  return { world, a: first, b: second };
}

function interfaceOf(host: Host) {
  return host.kernel.get(IfnetModule).byName('eth0')!;
}

const lines = (host: Host): string[] => host.log.map(({ message }) => message);

describe('why', () => {
  it('1: the interface does not exist', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ ifname: 'eth7' });
    assertWhy(
      await why(host, '1@eth7'),
      { state: 'INIT', obstacles: ['no interface'], master: undefined },
      /because its interface does not exist/,
      /^If the MASTER died now, this host would not take over\.$/,
    );
  });

  it('2 and 3: the interface is down, or has no carrier', async () => {
    const { world, b } = await pair();
    await using _world = world;
    const ifp = interfaceOf(b);
    ifp.setUp(false);
    await world.clock.advance(10);
    assertWhy(await why(b), {
      state: 'INIT',
      reason: 'hardware interface down',
      obstacles: ['interface down'],
    });
    ifp.setUp(true);
    world.lan.cut('host2:eth0');
    await world.clock.advance(10);
    assertWhy(
      await why(b),
      { state: 'INIT', obstacles: ['no carrier'] },
      /has no carrier: look at the cable/,
    );
  });

  it('4 and 5: not allowed, or held', async () => {
    const { world, b } = await pair();
    await using _world = world;
    b.kernel.sysctl.set('net.inet.carp.allow', false);
    assertWhy(await why(b), { obstacles: ['not allowed'] }, /net\.inet\.carp\.allow is 0/);
    b.kernel.sysctl.set('net.inet.carp.allow', true);
    b.carp.list()[0]!.setState('INIT');
    assertWhy(
      await why(b),
      { state: 'INIT', obstacles: ['held'], reason: 'user requested via ifconfig' },
      /held in INIT/,
    );
  });

  it('6: the start-up delay', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ startupDelay: 60_000 });
    await world.clock.advance(1000);
    assertWhy(await why(host), { state: 'INIT', obstacles: ['start-up delay'] });
  });

  it('7: just started, no master heard', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    await world.clock.advance(1000);
    assertWhy(
      await why(host),
      { state: 'BACKUP', obstacles: ['no master heard yet'], master: undefined },
      /^No MASTER is heard\.$/,
      /^Unless a MASTER is heard, this host takes over in 2\.00 s\.$/,
    );
  });

  it('7: the master has fallen silent: the time that is left', async () => {
    const { world, a, b } = await pair({}, { advskew: 100 });
    await using _world = world;
    world.lan.cut('host1:eth0');
    await world.clock.advance(1000);
    const { heardAgo } = b.carp.list()[0]!.evidence.peers[0]!;
    await world.clock.advance(3000 - heardAgo);
    assertWhy(
      await why(b),
      { state: 'BACKUP', obstacles: ['about to take over'], master: undefined },
      /it is about to take over, in 0\.39 s\.$/,
      /^Unless a MASTER is heard, this host takes over in 0\.39 s\.$/,
    );
    void a;
  });

  it('8: a better master', async () => {
    const { world, b } = await pair();
    await using _world = world;
    const answer = await why(b);
    assertWhy(
      answer,
      { state: 'BACKUP', obstacles: ['a better master'], rivals: [] },
      /^1@eth0 is BACKUP on this host since .*: initialization complete\.$/,
      /^The MASTER is 10\.88\.0\.1 \(advbase 1, advskew 0: every 1\.00 s\), heard \d\.\d\d s ago\.$/,
      /because the MASTER is preferred: advbase 1, advskew 0/,
    );
    assert.deepEqual([answer.next.successor, answer.master?.address], ['this host', '10.88.0.1']);
    assert.ok(answer.next.after! > 2300 && answer.next.after! < 3400);
    assert.ok(
      answer.peers[0]!.gaps.every((gap) => Math.abs(gap - 1000) < 80),
      String(answer.peers[0]!.gaps),
    );
  });

  it('9, 10: it would be preferred, but does not preempt, or not yet', async () => {
    const { world, b } = await pair({ advskew: 100 }, { advskew: 0 });
    await using _world = world;
    assertWhy(await why(b), { obstacles: ['no preemption'] }, /set preempt, or carpet carp state all master/);
    b.carp.list()[0]!.configure({ preempt: true, preemptDelay: 600_000 });
    await world.clock.advance(2000);
    assertWhy(
      await why(b),
      { state: 'BACKUP', obstacles: ['preemption delay'] },
      /it is preferred, and waits for its preemptDelay, of which 10 min are left\.$/,
    );
    await world.clock.advance(498_000);
    assertWhy(await why(b), {}, /waits for its preemptDelay, of which 10\d s are left\.$/);
  });

  it('11: demoted, with the lines of the ledger', async () => {
    const { world, b } = await pair({ advskew: 100 }, { advskew: 0 });
    await using _world = world;
    b.carp.demote({ by: 'test', amount: 240, reason: 'nginx is down' });
    await world.clock.advance(2000);
    assertWhy(
      await why(b),
      { obstacles: ['demoted', 'a better master'], demotions: ['nginx is down (all by 240, test)'] },
      /^This host is demoted: nginx is down \(all by 240, test\)\.$/,
    );
  });

  it('11: it cannot serve, which is told from a group that is called after servers', async () => {
    const { world, b } = await pair({}, { advskew: 100, failoverGroup: 'servers' });
    await using _world = world;
    const lame = b.create({ ifname: 'eth7', vhid: 2, failoverGroup: 'servers' });
    assertWhy(await why(b), { obstacles: ['demoted', 'a better master'] });
    b.carp.remove(lame);
    interfaceOf(b).addAddress = () => {
      throw new IfnetError('EPERM', 'eth0', 'not permitted');
    };
    b.carp.list()[0]!.setState('MASTER');
    await world.clock.advance(3000);
    assertWhy(
      await why(b),
      { state: 'BACKUP', obstacles: ['demoted', 'cannot serve', 'a better master'] },
      /it cannot put the shared addresses in place: see the log/,
    );
  });

  it('12: a tie', async () => {
    const { world, b } = await pair({}, {});
    await using _world = world;
    assertWhy(await why(b), { obstacles: ['a tie'] }, /give each host an advskew of its own/);
  });

  it('13: no address of its own', async () => {
    await using world = new World();
    const [a, b] = [await world.host(), await world.host([])];
    a.create({ advskew: 100 });
    await world.clock.advance(4000);
    b.create({ preempt: true });
    await world.clock.advance(2000);
    const { obstacles } = await why(b);
    assert.equal(obstacles[0], 'no address of its own');
  });

  it('14: the master is missed in one family', async () => {
    await using world = new World();
    const both = (n: number): string[] => [`10.88.0.${n}/24`, `fd00::${n}/64`];
    const [a, b] = [
      await world.host(both(1), { linkLocal: true }),
      await world.host(both(2), { linkLocal: true }),
    ];
    const addresses = [SHARED, 'fd00::100/64'];
    a.create({ addresses, manageAddresses: false, election: 'bsd' });
    await world.clock.advance(4000);
    b.create({ addresses, advskew: 100, election: 'bsd' });
    await world.clock.advance(3000);
    const before = await why(b);
    assert.deepEqual([before.rivals, before.master?.address], [[], '10.88.0.1']);
    interfaceOf(a)
      .addresses.filter(({ prefix }) => prefix.address.family === 6)
      .forEach(({ prefix }) => interfaceOf(a).removeAddress(prefix));
    await world.clock.advance(9000);
    assertWhy(
      await why(b),
      { state: 'BACKUP', unheardFamilies: [6] },
      /^The master is not heard over IPv6: /,
    );
  });

  it('15: MASTER because the other fell silent, and the log says whose fault it was', async () => {
    const { world, b } = await pair();
    await using _world = world;
    world.lan.cut('host1:eth0');
    await world.clock.advance(5000);
    assertWhy(
      await why(b),
      { state: 'MASTER', reason: 'master timed out', obstacles: [], rivals: [] },
      /^This host is the MASTER; no other MASTER is heard\.$/,
      /BACKUP -> MASTER, master timed out: nothing was heard of 10\.88\.0\.1 for 3\.\d\d s, after gaps of 1\.0\d s to 1\.0\d s; this process was on time \(0\.0 ms late\), so that host or the network fell silent at once\.$/,
      /^If this host died now, 10\.88\.0\.1 would take over within 3\.00 s, if it is still there/,
    );
    assert.equal(lines(b).filter((line) => line.includes('nothing was heard of 10.88.0.1')).length, 1);
  });

  it('16: MASTER because it preempted', async () => {
    const { world, b } = await pair({ advskew: 100 }, { advskew: 0, preempt: true }, 1600);
    await using _world = world;
    assertWhy(
      await why(b),
      // The last word of the one that yields makes it no rival.
      { state: 'MASTER', reason: 'preempting a slower master', rivals: [] },
      /10\.88\.0\.1 advertised advbase 1, advskew 100, demotion 0, which is worse than this host/,
    );
  });

  it('17: MASTER because the other bowed out', async () => {
    const { world, a, b } = await pair();
    await using _world = world;
    a.carp.list()[0]!.setState('INIT');
    await world.clock.advance(1000);
    assertWhy(
      await why(b),
      { state: 'MASTER', reason: 'master will time out' },
      /: 10\.88\.0\.1 bowed out\.$/,
    );
  });

  it('18: MASTER, and nobody else was ever heard', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    await world.clock.advance(6000);
    const answer = await why(host);
    assertWhy(
      answer,
      { state: 'MASTER', peers: [] },
      /no master was heard since the start; this process was on time/,
      /^If this host died now, nobody might take over/,
    );
    assert.equal(answer.next.successor, 'unknown');
  });

  it('promoted by what is up, and not called demoted', async () => {
    const { world, b } = await pair();
    await using _world = world;
    b.carp.demote(-50, 'check web: up');
    assertWhy(
      await why(b),
      { obstacles: ['a better master'], demotions: [], promotions: ['check web: up (all by 50, program)'] },
      /^This host is promoted: check web: up \(all by 50, program\)\.$/,
    );
    assert.doesNotMatch((await why(b)).sentences.join(), /demoted/);
  });

  it('19: a demoted MASTER that nobody preempts', async () => {
    const { world, a } = await pair();
    await using _world = world;
    a.carp.demote({ by: 'test', amount: 100, reason: 'disk' });
    await world.clock.advance(1000);
    assertWhy(
      await why(a),
      { state: 'MASTER', demotions: ['disk (all by 100, test)'] },
      /^This host is demoted: disk/,
    );
  });

  it('20: two masters, of which one hears the other', async () => {
    const { world, a } = await pair({ replay: 'off' }, { advskew: 100 });
    await using _world = world;
    world.hosts[1]!.carp.list()[0]!.setState('MASTER');
    await world.clock.advance(2);
    assertWhy(
      await why(a),
      { state: 'MASTER', rivals: ['10.88.0.2'] },
      /10\.88\.0\.2 advertises too: two masters/,
    );
  });

  it('21: it yielded to a better one', async () => {
    const { world, a } = await pair({ advskew: 100 }, { advskew: 0, preempt: true });
    await using _world = world;
    assertWhy(
      await why(a),
      { state: 'BACKUP', reason: 'more frequent advertisement received', obstacles: ['a better master'] },
      /MASTER -> BACKUP, .*10\.88\.0\.2 advertised advbase 1, advskew 0, demotion 0, which is better than this host/,
    );
  });

  it('22: this process was late', async () => {
    const { world, a, b } = await pair();
    await using _world = world;
    const late = { ...b.carp.list()[0]!.evidence, timerLate: 600 };
    const change = { from: 'BACKUP', to: 'MASTER', reason: 'master timed out' } as const;
    assert.match(
      evidenceText({ change, evidence: late, interval: 1000, ago: 0 })!,
      /600 ms late itself: it is short of CPU, so both/,
    );
    const quiet = { ...late, peers: [{ ...late.peers[0]!, heardAgo: 3900 }] };
    assert.match(
      evidenceText({ change, evidence: quiet, interval: 1000, ago: 500 })!,
      /^nothing was heard of 10\.88\.0\.1 for 3\.40 s/,
    );
    const lossy = { ...late, peers: [{ ...late.peers[0]!, gaps: [1000, 2000, 1000] }], timerLate: 0 };
    assert.match(
      evidenceText({ change, evidence: lossy, interval: 1000, ago: 0 })!,
      /so the network had lost advertisements before$/,
    );
    void a;
  });

  it('23: a master with both families goes by its IPv4 address', async () => {
    await using world = new World();
    const addresses = [SHARED, 'fd88::100/64'];
    const a = await world.host(['10.88.0.1/24', 'fd88::1/64']);
    const b = await world.host(['10.88.0.2/24', 'fd88::2/64']);
    a.create({ addresses });
    await world.clock.advance(4000);
    const vhid = b.create({ addresses, advskew: 100 });
    await world.clock.advance(4000);
    world.lan.cut('host1:eth0');
    await world.clock.advance(4000);
    const [over4, over6] = vhid.evidence.peers;
    const later = { ...over6!, heardAgo: over6!.heardAgo - 1 };
    const told = (...peers: CarpPeerStatus[]) => {
      const evidence = { peers, timerLate: 0, takeoverIn: undefined, preemptionIn: undefined };
      const change = { from: 'BACKUP', to: 'MASTER', reason: 'master timed out' } as const;
      const seen = new Proxy(vhid, {
        get: (of, name) => (name === 'evidence' ? evidence : (Reflect.get(of, name, of) as unknown)),
      });
      const facts = whyFacts(seen, { now: 0, wallTime: 0, allowed: true, changes: [] });
      return [facts.next.peer, evidenceText({ change, evidence, interval: 1000, ago: 0 })?.split(' ')[4]];
    };
    assert.deepEqual(told(later, over4!), ['10.88.0.1', '10.88.0.1']);
    assert.deepEqual(told({ ...later, advskew: 7 }, over4!), ['fd88::1', 'fd88::1']);
    assert.deepEqual(told(later, { ...over4!, heardAgo: over4!.heardAgo + 900 }), ['fd88::1', 'fd88::1']);
  });

  it('takes a number for a vhid, and names those that there are', async () => {
    const { world, b } = await pair();
    await using _world = world;
    assert.equal((await why(b, '1')).vhid, '1@eth0');
    await assert.rejects(why(b, '2@eth0'), {
      code: 'ENOENT',
      message: 'there is no vhid 2@eth0; there are: 1@eth0',
    });
    const verb = b.kernel.verbs.find('why');
    assert.match(verb.text?.([await why(b)] as never) ?? '', /^1@eth0 is BACKUP on this host since /);
    assert.equal(verb.text?.([] as never), 'no vhid is configured');
  });

  it('remembers eight hosts, and gaps of each, however many there were', async () => {
    const { world, a, b } = await pair();
    await using _world = world;
    await world.clock.advance(60_000);
    const [peer] = b.carp.list()[0]!.evidence.peers;
    assert.equal(peer!.gaps.length, 8);
    void a;
  });
});

it('an upgrade keeps what happened before it, and a state from before that has none', async () => {
  const { world, a: first } = await pair();
  const vhids = [{ ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] }];
  const before = (await why(first)).changes;
  assert.equal(before[0]!.to, 'MASTER');
  await succeed(first, { vhids });
  world.advance(2000);
  const known = (await why(first)).changes.filter(({ reason }) => !/former process/.test(reason));
  assert.deepEqual(known, before);
  await succeed(
    first,
    { vhids },
    {
      edit: (state) => {
        const { chronicle, ...rest } = state as Record<string, never>;
        assert.notEqual(chronicle, undefined);
        return rest;
      },
    },
  );
  assert.equal((await why(first)).changes.filter(({ reason }) => !/former process/.test(reason)).length, 0);
  await world[Symbol.asyncDispose]();
});

it('an upgrade keeps which hosts were heard, also of one that has bowed out', async () => {
  const { world, a, b } = await pair();
  await using _world = world;
  a.carp.list()[0]!.setState('INIT');
  world.advance(2000);
  const { successor, state } = b.carp.list()[0]!.toJSON();
  assert.deepEqual([state, successor], ['MASTER', 'heard']);
  const { next } = await why(b);
  assert.deepEqual([next.successor, next.peer], ['a peer', '10.88.0.1']);
  const vhids = [{ ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] }];
  const carp = await succeed(b, { vhids });
  assert.equal(carp.list()[0]!.toJSON().successor, 'heard');
  const after = (await why(b)).next;
  assert.deepEqual([after.successor, after.peer], ['a peer', '10.88.0.1']);
});

it('a vhid that is made anew after an upgrade has no past', async () => {
  const { world, a } = await pair();
  await using _world = world;
  const vhids = [{ ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] }];
  const carp = await succeed(a, { vhids });
  world.advance(2000);
  carp.remove(carp.list()[0]!);
  carp.create({ ...vhids[0]!, startupDelay: 60_000 });
  assertWhy(await why(a), { state: 'INIT', obstacles: ['start-up delay'], changes: [] });
});
