/** What a BACKUP's status says of the MASTER that it hears. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeardMaster } from '../../../modules/carp/link/heard-master.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { World } from './support/world.js';

describe('the master that a BACKUP hears', () => {
  it('has bowed out if both of its timers are 255: each alone is a setting', () => {
    const bowsOut = (advbase: number, advskew: number): boolean =>
      new HeardMaster().note(
        { source: InetAddress.parse('10.0.0.1'), advbase, advskew, demote: 0, arrivedAt: 0 } as never,
        3000,
      );
    assert.deepEqual([bowsOut(255, 255), bowsOut(255, 4), bowsOut(1, 255)], [true, false, false]);
  });

  it('has the address, the timers as sent, and the age of its last advertisement', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 100 });
    world.advance(6000);
    const [one, two] = vhids;
    assert.equal(one!.master, undefined);
    assert.equal(one!.toJSON().master, undefined);
    one!.configure({ advskew: 20 });
    world.advance(1300);
    const { address, advbase, advskew, heardAgo } = two!.toJSON().master!;
    assert.deepEqual([address, advbase, advskew], ['10.88.0.1', 1, 20]);
    assert.ok(heardAgo > 0 && heardAgo < 1000, `${heardAgo} ms`);
  });

  it('keeps its IPv4 address in a dual stack, and is forgotten when it bows out', async () => {
    await using world = new World();
    const addresses = ['10.88.0.100/24', 'fd00::100/64'];
    const { vhids } = await world.pair({ addresses }, { addresses, advskew: 100, startupDelay: 1 });
    for (let i = 0; i < 20; i++) {
      world.advance(333);
      const heard = vhids[1]!.master;
      if (heard !== undefined) assert.equal(heard.address, '10.88.0.1');
    }
    assert.ok(vhids[1]!.master);
    vhids[0]!.setState('INIT');
    world.advance(100);
    assert.deepEqual([vhids[1]!.state, vhids[1]!.master], ['MASTER', undefined]);
    vhids[1]!.setState('INIT');
    vhids[1]!.setState('BACKUP');
    assert.equal(vhids[1]!.master, undefined);
  });
});
