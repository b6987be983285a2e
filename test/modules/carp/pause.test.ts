/** Never a false failover of our own making: what the machine does when this process or the whole host stood still. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Ifnet, IfnetModule, InetPrefix } from '../../../modules/ifnet/index.js';
import { machine } from './support/machine.js';
import { type Host, SHARED, World } from './support/world.js';

const eth0 = ({ kernel }: Host): Ifnet => kernel.get(IfnetModule).byName('eth0')!;

/** What a MASTER says that stops. */
const BOW_OUT = { units: 255 * 256 + 255, demote: 0 };

describe('a BACKUP that was paused', () => {
  it('reads what came meanwhile before it judges', () => {
    const { clock, inSocket, log, self, hear } = machine(50);
    clock.advanceSync(500);
    hear(256);
    clock.pause(5000);
    inSocket.push({ units: 256, demote: 0 });
    clock.advanceSync(0);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(3000);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(200);
    assert.deepEqual(log.slice(1), ['8695.3125 MASTER master timed out']);
  });

  it('reads what came meanwhile before it judges, however little late it is', () => {
    const { clock, inSocket, log, self } = machine();
    clock.pause(3100);
    inSocket.push({ units: 256, demote: 0 });
    clock.advanceSync(2999);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.deepEqual(log.slice(1), ['6100 MASTER master timed out']);
  });

  it('takes over once, for the reason that it finds in its socket', () => {
    const { clock, inSocket, log } = machine();
    clock.pause(3100);
    inSocket.push(BOW_OUT);
    clock.advanceSync(0);
    assert.deepEqual(log.slice(1), ['3100 MASTER master will time out']);
  });

  it('listens once more when the socket is empty, since nobody could have spoken to a machine asleep', () => {
    const { clock, counted, log, self, hear } = machine();
    hear(256);
    clock.pause(60_000);
    clock.advanceSync(900);
    assert.equal(self.state, 'BACKUP');
    assert.equal(counted['pauses'], 1);
    hear(256);
    clock.advanceSync(2999);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.deepEqual(log.slice(1), ['63900 MASTER master timed out']);
  });

  it('takes over in time when the event loop was no more than an interval late', () => {
    const { clock, self } = machine();
    clock.pause(4000);
    clock.advanceSync(0);
    assert.equal(self.state, 'MASTER');
  });

  it('takes over at last even if the loop is always late', () => {
    const { clock, self } = machine();
    clock.pause(5000);
    clock.advanceSync(0);
    clock.pause(5000);
    clock.advanceSync(0);
    assert.equal(self.state, 'MASTER');
  });
});

describe('a BACKUP that would preempt', () => {
  const SLOWER = { units: 400, demote: 0 };
  const FASTER = { units: 256, demote: 0 };

  it('first reads what has come since, of a better one: it starts while two are MASTER', () => {
    const { clock, inSocket, self, hear } = machine(50, true);
    clock.advanceSync(100);
    inSocket.push(FASTER);
    hear(SLOWER.units);
    assert.equal(self.state, 'BACKUP');
  });

  it('preempts once, if more has come of the one that it preempts', () => {
    const { clock, inSocket, log, sent, hear } = machine(50, true);
    clock.advanceSync(100);
    inSocket.push(FASTER, SLOWER, SLOWER);
    hear(SLOWER.units);
    assert.deepEqual([log.slice(1), sent], [['100 MASTER preempting a slower master'], [100]]);
  });
});

describe('a MASTER that was paused', () => {
  it('longer than the others wait, listens first', () => {
    const { clock, log, sent, self } = machine();
    clock.advanceSync(10_500);
    assert.equal(self.state, 'MASTER');
    const before = sent.length;
    clock.pause(5000);
    clock.advanceSync(0);
    assert.equal(self.state, 'BACKUP');
    assert.equal(sent.length, before);
    assert.equal(log.at(-1), '15500 BACKUP resumed after a pause');
    clock.advanceSync(3000);
    assert.equal(self.state, 'MASTER');
  });

  it('and finds a successor in its socket, does not dispute its place, however much better it is itself', () => {
    const { clock, inSocket, log, sent, self } = machine(50);
    clock.advanceSync(10_500);
    clock.pause(5000);
    const before = sent.length;
    inSocket.push({ units: 400, demote: 0 }, { units: 400, demote: 0 });
    clock.advanceSync(0);
    assert.equal(self.state, 'BACKUP');
    assert.equal(sent.length, before);
    assert.equal(log.at(-1), '15500 BACKUP resumed after a pause');
  });

  it('and preempts the successor in its socket, keeps what it has taken', () => {
    const { clock, inSocket, log, sent, self } = machine(0, true);
    clock.advanceSync(10_500);
    clock.pause(5000);
    const before = sent.length;
    inSocket.push({ units: 400, demote: 0 }, { units: 400, demote: 0 });
    clock.advanceSync(0);
    // The successor yields to this one advertisement: standing back after it would leave nobody.
    assert.equal(sent.length, before + 1);
    assert.equal(self.state, 'MASTER');
    assert.deepEqual(log.slice(-2), [
      '15500 BACKUP resumed after a pause',
      '15500 MASTER preempting a slower master',
    ]);
    clock.advanceSync(1000);
    assert.equal(sent.length, before + 2);
  });

  it('and is woken by its socket before its timer, does the same', () => {
    const { clock, log, sent, hear, self } = machine(50);
    clock.advanceSync(10_500);
    clock.pause(5000);
    const before = sent.length;
    hear(400);
    assert.equal(self.state, 'BACKUP');
    assert.equal(sent.length, before);
    assert.equal(log.at(-1), '15500 BACKUP resumed after a pause');
  });

  it('no longer than that, goes on', () => {
    const { clock, sent, self } = machine();
    clock.advanceSync(10_500);
    clock.pause(2500);
    clock.advanceSync(0);
    assert.equal(self.state, 'MASTER');
    assert.equal(sent.at(-1), 13_000);
  });

  it('is told by power_resume when its clock did not run', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({});
    world.advance(5000);
    world.sleep(hosts[0]!, 100);
    assert.equal(vhids[0]!.state, 'MASTER');
    world.sleep(hosts[0]!, 60_000);
    assert.equal(vhids[0]!.state, 'BACKUP');
    assert.equal(hosts[0]!.carp.statistics.pauses.value, 1);
  });

  for (const manageAddresses of [true, false]) {
    it(`announces its own addresses when it wakes, and none that it gives up: manageAddresses ${manageAddresses}`, async () => {
      await using world = new World();
      const { hosts, vhids } = await world.pair({ manageAddresses }, { manageAddresses, advskew: 100 });
      world.advance(5000);
      // A script has put it there, and is not done with its removal when the others are told.
      if (!manageAddresses) eth0(hosts[0]!).addAddress(InetPrefix.parse(SHARED));
      for (const [slept, told] of [
        [100, ['10.88.0.1', '10.88.0.100']],
        [60_000, ['10.88.0.1']],
      ] as const) {
        world.seen.length = 0;
        world.sleep(hosts[0]!, slept);
        const announced = world.seen.filter(({ kind }) => kind === 'garp');
        assert.deepEqual(
          announced.map(({ payload }) => payload.subarray(14, 18).join('.')),
          told,
        );
      }
      assert.equal(vhids[0]!.state, 'BACKUP');
    });
  }

  it('steps down in silence with its failover group: a bow-out would call BACKUPs to arms against its successor', async () => {
    await using world = new World();
    const host = await world.host();
    const vhids = [100, 101].map((n, i) =>
      host.create({ vhid: i + 1, addresses: [`10.88.0.${n}/24`], failoverGroup: 'firewall' }),
    );
    world.advance(5000);
    world.sleep(host, 60_000);
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['BACKUP', 'BACKUP'],
    );
    assert.equal(host.carp.statistics.bowouts.value, 0);
  });
});

describe('a stepped wall clock', () => {
  it('changes nothing: only the counter ever looked at it, once', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 10 });
    world.advance(5000);
    world.clock.wallTime = () => 0;
    world.advance(5000);
    world.clock.wallTime = () => 1e13;
    world.advance(20_000);
    assert.deepEqual(
      vhids.map((vhid) => vhid.state),
      ['MASTER', 'BACKUP'],
    );
    assert.equal(world.history().length, 3);
  });
});
