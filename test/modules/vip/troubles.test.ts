/** A MASTER of which one part cannot serve while the others can: it hands over, and does not come back for nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { succeed } from '../carp/support/successor.js';
import { type Host, SHARED, World } from '../carp/support/world.js';
import { Cloud, hosted, pass } from './support/cloud.js';

/** A route that cannot be added: its interface does not exist. */
const BROKEN = [{ to: '10.7.0.0/16', via: '10.88.0.254', dev: 'eth7' }];
const PREFERRED = { preempt: true, advskew: 0 };
const OTHER = { preempt: true, advskew: 100 };

/** What the log has of demotions that ended. */
const lifted = ({ log }: Pick<Host, 'log'>) =>
  log.map(({ message }) => message).filter((message) => message.includes('its addresses are in place'));

describe('a trouble that lasts', () => {
  it('of a route: a trial that fails does not disturb the peer that serves', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({ ...PREFERRED, routes: BROKEN }, OTHER);
    world.advance(600_000);
    const changes = world.history();
    assert.ok(changes.length < 12, changes.join('\n'));
    assert.deepEqual(world.masters(), ['host2']);
    vhids[0]!.configure({ routes: [] });
    world.advance(600_000);
    assert.deepEqual([world.masters(), vhids[0]!.demotions], [['host1'], []]);
    assert.deepEqual(hosts[0]!.addresses().includes(SHARED), true);
  });

  it('of a provider: each trial comes later than the one before', async () => {
    await using world = new World();
    const cloud = new Cloud();
    cloud.failure = 'the credentials have expired';
    const { vhid } = await hosted(world, cloud, PREFERRED);
    await hosted(world, new Cloud(), OTHER);
    await pass(world, 600_000);
    const history = world.history();
    const tries = history.filter((line) => line.includes('host1 BACKUP->MASTER')).length;
    assert.ok(tries > 2 && tries < 8, history.join('\n'));
    cloud.failure = undefined;
    await pass(world, 600_000);
    assert.deepEqual([world.masters(), vhid.demotions], [['host1'], []]);
  });

  it('of a provider is not over because settings changed, nor because a successor goes on', async () => {
    await using world = new World();
    const cloud = new Cloud();
    cloud.failure = 'no quota';
    const host = await hosted(world, cloud);
    await pass(world, 12_000);
    assert.equal(host.vhid.demotions.length, 1);
    host.vhid.configure({ addresses: [SHARED, '10.88.0.101/24'] });
    assert.equal(host.vhid.demotions.length, 1);
    const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], provider: 'cloud' };
    const carp = await succeed(host, { vhids: [vhid] }, { kept: true });
    assert.match(carp.list()[0]!.demotions[0]?.reason ?? 'none', /no quota/);
    assert.deepEqual(lifted(host), []);
    cloud.failure = undefined;
  });

  it('of a provider is over where another takes its place', async () => {
    await using world = new World();
    const cloud = new Cloud();
    cloud.failure = 'no quota';
    const { vhid } = await hosted(world, cloud);
    await pass(world, 12_000);
    vhid.configure({ provider: 'netlink' });
    assert.deepEqual(vhid.demotions, []);
    cloud.failure = undefined;
    await pass(world, 2000);
  });
});
