/** What a BACKUP's status says of the MASTER that it hears. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeardMaster } from '../../../modules/carp/link/heard-master.js';
import type { CarpReception } from '../../../modules/carp/link/receiver.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { World } from './support/world.js';

type Said = Partial<Pick<CarpReception, 'advbase' | 'advskew' | 'demote' | 'aliveOnly' | 'sealed'>>;

/** Notes what a host said; a dead time is three seconds. */
function note(heard: HeardMaster, from: string, arrivedAt: number, said: Said = {}): boolean {
  const words = { advbase: 1, advskew: 0, demote: 0, aliveOnly: false, sealed: false, ...said };
  const source = InetAddress.parse(from);
  return heard.note({ source, time: arrivedAt, arrivedAt, ...words }, 3000);
}

function successorOf(heard: HeardMaster): HeardMaster {
  const heir = new HeardMaster();
  heir.adopt(structuredClone(heard.capture()), structuredClone(heard.capturePeers()));
  return heir;
}

const BOW_OUT = { advbase: 255, advskew: 255 };

describe('what is noted of a master', () => {
  it('is what it said last of itself', () => {
    const heard = new HeardMaster();
    note(heard, '10.0.0.1', 1000, { advbase: 2, advskew: 3, sealed: true });
    const status = { address: '10.0.0.1', advbase: 2, advskew: 3, sealed: true, heardAgo: 500 };
    assert.deepEqual(heard.status(1500), status);
    for (const said of [
      { advbase: 3, advskew: 3, demote: 0 },
      { advbase: 3, advskew: 4, demote: 0 },
      { advbase: 3, advskew: 4, demote: 1 },
    ]) {
      note(heard, '10.0.0.1', 2000, said);
      const { advbase, advskew, demote } = heard.evidence(2000).peers[0]!;
      assert.deepEqual({ advbase, advskew, demote }, said);
    }
  });

  it('is its IPv4 address for a dead time after that was heard', () => {
    const heard = new HeardMaster();
    const address = () => heard.status(9000)?.address;
    note(heard, 'fe80::1', 0);
    assert.equal(address(), 'fe80::1');
    note(heard, '10.0.0.1', 1000);
    assert.equal(note(heard, 'fe80::1', 4000), false);
    assert.equal(address(), '10.0.0.1');
    note(heard, 'fe80::1', 4001);
    assert.equal(address(), 'fe80::1');
    note(heard, 'fe80::2', 4002);
    assert.equal(address(), 'fe80::2');
    note(heard, '10.0.0.1', 4003);
    note(heard, '10.0.0.2', 4004);
    assert.equal(address(), '10.0.0.2');
  });

  it('is nothing of what may be a replay', () => {
    const heard = new HeardMaster();
    assert.equal(note(heard, '10.0.0.1', 1000, { aliveOnly: true }), false);
    assert.equal(note(heard, '10.0.0.1', 1000, { ...BOW_OUT, aliveOnly: true }), true);
    assert.deepEqual(
      [heard.status(1000), heard.heardAt, heard.evidence(1000).peers],
      [undefined, undefined, []],
    );
  });

  it('ends with its bow-out, but that it was heard does not', () => {
    const heard = new HeardMaster();
    note(heard, '10.0.0.1', 1000);
    assert.equal(note(heard, '10.0.0.1', 1500, BOW_OUT), true);
    assert.deepEqual([heard.status(2000), heard.heardAt, heard.capture()], [undefined, 1500, null]);
    const { advbase, bowedOut } = heard.evidence(2000).peers[0]!;
    assert.deepEqual([advbase, bowedOut], [1, true]);
  });
});

describe('a successor', () => {
  it('knows the master, and who else was heard', () => {
    const heard = new HeardMaster();
    note(heard, '10.0.0.1', 1000, { advbase: 2, advskew: 3, sealed: true });
    note(heard, 'fe80::2', 1500, BOW_OUT);
    note(heard, '10.0.0.1', 2000, { advbase: 2, advskew: 3, sealed: true });
    note(heard, 'fe80::2', 2500, { advbase: 4 });
    const heir = successorOf(heard);
    assert.deepEqual(heir.status(3000), heard.status(3000));
    assert.equal(heir.status(3000)!.heardAgo, 1000);
    assert.equal(heir.heardAt, 2500);
    assert.deepEqual(
      heir.evidence(3000).peers.map(({ address }) => address),
      ['fe80::2', '10.0.0.1'],
    );
  });

  it('knows when a master was heard that has bowed out since', () => {
    const heard = new HeardMaster();
    note(heard, '10.0.0.1', 1000, BOW_OUT);
    const heir = successorOf(heard);
    assert.deepEqual([heir.status(2000), heir.heardAt], [undefined, 1000]);
  });

  it('of one that did not note its peers goes by the master', () => {
    const heard = new HeardMaster();
    note(heard, '10.0.0.1', 1000);
    const heir = new HeardMaster();
    heir.adopt(heard.capture(), []);
    assert.equal(heir.heardAt, 1000);
  });

  it('of one that heard nobody knows nobody', () => {
    const heir = successorOf(new HeardMaster());
    assert.deepEqual(
      [heir.status(0), heir.heardAt, heir.evidence(0)],
      [undefined, undefined, { peers: [], timerLate: 0 }],
    );
  });
});

describe('the master that a BACKUP hears', () => {
  it('has bowed out if both of its timers are 255: each alone is a setting', () => {
    const bowsOut = (advbase: number, advskew: number): boolean =>
      note(new HeardMaster(), '10.0.0.1', 0, { advbase, advskew });
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
