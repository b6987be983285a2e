/** Demotion as a ledger: who demotes what, why and since when, and nothing that outlives its cause. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inject, type Json, Module, Scope } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { succeed } from './support/successor.js';
import { type Host, SHARED, World } from './support/world.js';

const NODE = 'net.inet.carp.demotion';
const call = { caller: {}, signal: new AbortController().signal };

@Module({ name: 'disk', depends: [CarpModule] })
class Disk {
  constructor(@inject(CarpModule) carp: CarpModule, @inject(Scope) scope: Scope) {
    carp.demote({ by: scope, amount: 100, reason: 'disk full' });
    carp.demote({ by: scope, amount: 40, reason: 'slow', vhids: ['1@eth0'] });
  }
}

const lines = ({ carp }: Pick<Host, 'carp'>) =>
  carp.demotion.status().map(({ by, on, amount, reason }) => `${by}: ${on} ${amount} ${reason}`);

describe('the ledger', () => {
  it('has a line per cause: it names owner, amount, reason and age, and goes with the scope of its owner', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    const other = host.create({ vhid: 2, addresses: ['10.88.0.102/24'] });
    world.advance(5000);
    await host.kernel.load(Disk);
    world.advance(2000);
    assert.deepEqual(host.carp.demotion.status(), [
      { by: 'disk', on: 'all', amount: 100, reason: 'disk full', age: 2000 },
      { by: 'disk', on: '1@eth0', amount: 40, reason: 'slow', age: 2000 },
    ]);
    assert.deepEqual([vhid.advskew, other.advskew, host.kernel.sysctl.get(NODE)!.value], [140, 100, 100]);
    assert.deepEqual(
      vhid.toJSON().demotions?.map(({ reason }) => reason),
      ['disk full', 'slow'],
    );
    assert.deepEqual(
      other.toJSON().demotions?.map(({ reason }) => reason),
      ['disk full'],
    );
    await host.kernel.unload('disk');
    assert.deepEqual([lines(host), vhid.advskew, host.kernel.sysctl.get(NODE)!.value], [[], 0, 0]);
    const log = host.log.filter(({ message }) => message.includes('demoted'));
    assert.deepEqual(
      log.map(({ message }) => message),
      [
        'demoted by 100 to 100 (disk full)',
        '1@eth0: demoted by 40: slow',
        '1@eth0: no longer demoted by 40: slow',
        'demoted by -100 to 0 (disk full)',
      ],
    );
    assert.deepEqual(log[0]!.fields, { by: 'disk', on: 'all', delta: 100, reason: 'disk full' });
  });

  it('demotes a group, and adds up what several causes weigh', async () => {
    await using world = new World();
    const host = await world.host();
    const web = host.create({ failoverGroup: 'web' });
    const wan = host.create({ vhid: 2, addresses: ['10.88.0.102/24'], groups: ['wan'] });
    using _first = host.carp.demote({ by: 'test', amount: 20, reason: 'one', group: 'web' });
    const second = host.carp.demote({ by: 'test', amount: 30, reason: 'two', group: 'web' });
    using _third = host.carp.demote({ by: 'test', amount: 7, reason: 'three', group: 'wan' });
    assert.deepEqual([web.advskew, wan.advskew, host.carp.tunables.demotion.value], [50, 7, 0]);
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    assert.equal(web.advskew, 20);
  });

  it('knows what is written to the sysctl as one line, which an interface does not mix with', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    world.advance(1000);
    host.kernel.sysctl.set(NODE, 50);
    vhid.ifp!.setUp(false);
    host.kernel.sysctl.set(NODE, '30');
    assert.deepEqual(lines(host), ['carp: all 240 interface down, 1@eth0', 'sysctl: all 80 sysctl']);
    vhid.ifp!.setUp(true);
    host.kernel.sysctl.set(NODE, -80);
    assert.deepEqual(lines(host), []);
    host.carp.demote(240, 'disk');
    host.carp.demote(-240, 'disk');
    assert.deepEqual(lines(host), []);
  });

  it("takes back the operator's lines, the newest first, whatever their reasons", async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    const demote = (input: unknown) => host.kernel.verbs.invoke('carp.demote', input, call);
    await demote({ delta: 100, reason: 'kernel' });
    await demote({ delta: 50, reason: 'disk' });
    await demote({ delta: 9, vhid: '1@eth0' });
    await demote({ delta: -70 });
    assert.deepEqual(lines(host), ['operator: 1@eth0 9 by the operator', 'operator: all 80 kernel']);
    await demote({ delta: -90 });
    assert.deepEqual(lines(host), [
      'operator: 1@eth0 9 by the operator',
      'operator: all -10 by the operator',
    ]);
    assert.equal(vhid.advskew, 0);
    await assert.rejects(demote({ delta: 1, vhid: '1@eth0', group: 'web' }), /a vhid or a group, not both/);
    await world.clock.advance(180_000);
    const shown = host.kernel.verbs.find('carp.demotions').text?.(host.carp.demotion.status());
    assert.match(shown ?? '', /^1@eth0 +9 +operator +3 min ago +by the operator$/m);
    const carp = host.kernel.verbs.find('carp').text?.([vhid.toJSON()] as never);
    assert.match(carp ?? '', /^all +-10 +operator +3 min ago +by the operator$/m);
  });

  it('refuses to demote a vhid or a group that is not there, and says of one that is by how much', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ failoverGroup: 'web' });
    const demote = (input: unknown) => host.kernel.verbs.invoke('carp.demote', input, call);
    const text = (answer: unknown) => host.kernel.verbs.find('carp.demote').text?.(answer);
    await assert.rejects(demote({ delta: 240, vhid: '7@eth0' }), {
      code: 'ENOENT',
      message: 'there is no vhid 7@eth0; there are: 1@eth0',
    });
    await assert.rejects(demote({ delta: 240, group: 'wep' }), /there is no group wep; there are: web, carp/);
    assert.deepEqual(lines(host), []);
    const answer = await demote({ delta: 40, vhid: '1@eth0' });
    assert.deepEqual(answer, { demotion: 0, on: '1@eth0', amount: 40 });
    assert.equal(text(answer), '1@eth0 is demoted by 40');
    assert.equal(text(await demote({ delta: 30, group: 'web' })), 'group web is demoted by 30');
    assert.equal(text(await demote({ delta: 10 })), 'net.inet.carp.demotion is 10');
    host.carp.remove(host.carp.list()[0]!);
    await demote({ delta: -40, vhid: '1@eth0' });
    assert.deepEqual(lines(host), [
      'operator: group web 30 by the operator',
      'operator: all 10 by the operator',
    ]);
  });

  it('refuses what is no line, in words', async () => {
    await using world = new World();
    const { carp } = await world.host();
    const wrong = [
      [{ amount: 1.5, reason: 'x', by: 'y' }, /carp: demote: amount/],
      [{ amount: 1, reason: '', by: 'y' }, /carp: demote: reason: is empty/],
      [{ amount: 1, reason: 'x', by: 7 }, /carp: demote: by: is no scope and no name/],
    ] as const;
    for (const [request, message] of wrong)
      assert.throws(() => carp.demote(request as never), { code: 'EINVAL', message });
    assert.deepEqual(carp.demotion.status(), []);
  });
});

describe('the ledger after a handover', () => {
  const settings = { vhids: [{ ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] }] };

  it("keeps the operator's lines, and a module's until it has entered them again or a minute is over", async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    world.advance(5000);
    host.carp.demotion.adjust('operator', 5, 'night');
    host.carp.demote({ by: 'health', amount: 100, reason: 'web', vhids: ['1@eth0'] });
    host.carp.demote({ by: 'health', amount: 3, reason: 'dns', group: 'carp' });
    host.carp.demotion.adjustGroup('carp', 1);
    assert.equal(vhid.advskew, 240);
    const since = world.clock.now();
    world.advance(700);
    const carp = await succeed(host, settings);
    const heir = carp.list()[0]!;
    assert.equal(heir.state, 'MASTER');
    carp.demote({ by: 'health', amount: 100, reason: 'web', vhids: ['1@eth0'] });
    assert.deepEqual(
      carp.demotion.records().map(({ line, since: at }) => [line.reason, line.on, at - since]),
      [
        ['night', 'all', 0],
        ['dns', 'group carp', 0],
        ['user requested', 'group carp', 0],
        ['web', '1@eth0', 0],
      ],
    );
    world.advance(60_000);
    assert.deepEqual(lines({ carp }), [
      'operator: all 5 night',
      'operator: group carp 240 user requested',
      'health: 1@eth0 100 web',
    ]);
    carp.demotion.adjustGroup('carp', -1);
    assert.equal(heir.advskew, 105);
  });

  it('counts a cause once that the new settings weigh otherwise', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    world.advance(5000);
    host.carp.demote({ by: 'health', amount: 100, reason: 'web' });
    host.carp.demote({ by: 'health', amount: 7, reason: 'web' });
    const carp = await succeed(host, settings);
    assert.equal(carp.tunables.demotion.value, 107);
    carp.demote({ by: 'health', amount: 7, reason: 'web' });
    assert.equal(carp.tunables.demotion.value, 107);
    carp.demote({ by: 'health', amount: 20, reason: 'web' });
    assert.deepEqual(lines({ carp }), ['health: all 7 web', 'health: all 20 web']);
    assert.equal(carp.list()[0]!.advskew, 27);
    assert.match(host.log.at(-1)!.message, /demoted by -80 to 27 \(web\)/);
    world.advance(60_001);
    assert.equal(carp.list()[0]!.advskew, 27);
  });

  it('of a carpet without a ledger has what was written, and what its vhids had added, once', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    world.advance(5000);
    host.kernel.sysctl.set(NODE, 7);
    world.lan.cut('host1:eth0');
    world.advance(10);
    const edit = (state: Json): Json => {
      const { ledger: _, ledgerShared: _too, ...old } = state as Record<string, Json>;
      return { ...old, groups: { web: 2 } };
    };
    const carp = await succeed(host, settings, { edit, old: true });
    assert.deepEqual(lines({ carp }), [
      'sysctl: all 7 sysctl',
      'operator: group web 480 user requested',
      'carp: all 240 interface down, 1@eth0',
    ]);
    world.lan.mend('host1:eth0');
    world.advance(10);
    assert.equal(host.kernel.sysctl.get(NODE)!.value, 7);
  });

  it('follows the predecessor while it stands by, without losing what its own file has set', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    world.advance(5000);
    host.kernel.sysctl.set(NODE, 7);
    host.carp.demote({ by: 'health', amount: 1, reason: 'web' });
    const first = JSON.parse(JSON.stringify(await host.kernel.handover(CarpModule))) as Json;
    host.kernel.sysctl.set(NODE, 10);
    const second = JSON.parse(JSON.stringify(await host.kernel.handover(CarpModule))) as Json;
    host.kernel.succession.give();
    await host.kernel.unload(CarpModule);
    const carp = await host.kernel.load(CarpModule, settings, { state: first });
    host.kernel.sysctl.set(NODE, 100);
    carp.demotion.adopt((second as { ledger: never }).ledger);
    assert.deepEqual(lines({ carp }).toSorted(), ['health: all 1 web', 'sysctl: all 117 sysctl']);
    assert.equal(host.kernel.sysctl.get(NODE)!.value, 118);
  });
});
