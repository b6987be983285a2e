/** What a BACKUP does shortly before it takes its master for dead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { TakeoverRehearsal } from '../../../modules/carp/election/rehearsal.js';
import { parseOptions } from '../../../modules/carp/settings.js';
import { IfnetError, IfnetModule } from '../../../modules/ifnet/index.js';
import { machine } from './support/machine.js';
import { SHARED, World } from './support/world.js';

test('a BACKUP rehearses its takeover 50 ms before the deadline, and keeps the deadline', () => {
  const { clock, hear, log, rehearsed, sent } = machine();
  clock.advanceSync(2000);
  hear(256);
  clock.advanceSync(2949);
  assert.deepEqual([rehearsed, sent], [[], []]);
  clock.advanceSync(1);
  assert.deepEqual([rehearsed, sent], [[4950], []]);
  clock.advanceSync(49);
  assert.deepEqual(sent, []);
  clock.advanceSync(1);
  assert.deepEqual(sent, [5000]);
  assert.match(log.at(-1)!, /^5000 MASTER master timed out$/);
  assert.deepEqual(rehearsed, [4950]);
});

test('a master that is heard after the rehearsal is not taken for dead', () => {
  const { clock, hear, self, rehearsed, sent } = machine();
  clock.advanceSync(2970);
  hear(256);
  clock.advanceSync(2949);
  assert.deepEqual([self.state, rehearsed, sent], ['BACKUP', [2950], []]);
});

test('who waits less than 200 ms does not rehearse', () => {
  const { clock, rehearsed, sent } = machine(16, false, { settings: { advbase: 0 } });
  clock.advanceSync(188);
  assert.deepEqual([rehearsed, sent.length], [[], 1]);
});

test('what is rehearsed is not sent, and its number is not used again', async () => {
  await using world = new World();
  const host = await world.host();
  const vhid = host.create();
  const seen = () => world.seen.filter(({ kind }) => kind === 'carp4');
  world.advance(2999);
  assert.deepEqual([vhid.state, seen().length], ['BACKUP', 0]);
  world.advance(2100);
  assert.equal(vhid.state, 'MASTER');
  const counters = seen().map(({ payload }) =>
    new DataView(payload.buffer, payload.byteOffset).getBigUint64(8),
  );
  assert.equal(new Set(counters).size, counters.length);
});

test('a takeover that is played leaves nothing behind, and is played once in ten seconds', () => {
  const clock = new VirtualClock();
  const rehearsal = new TakeoverRehearsal(clock);
  let made = 0;
  const armed = new Set<string>();
  const callout = clock.callout.bind(clock);
  clock.callout = (...args) => {
    made++;
    const timer = callout(...args);
    const resetAt = timer.resetAt.bind(timer);
    timer.resetAt = (deadline) => {
      armed.add(timer.name);
      resetAt(deadline);
    };
    return timer;
  };
  const { settings } = parseOptions({ ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] });
  rehearsal.play(settings);
  assert.deepEqual([...armed], ['carp rehearsal master-down', 'carp rehearsal advertisement']);
  const once = made;
  assert.equal(clock.armed, 0);
  clock.advanceSync(9999);
  rehearsal.play(settings);
  assert.equal(made, once);
  clock.advanceSync(1);
  rehearsal.play(settings);
  assert.equal(made, 2 * once);
});

test('the way out is prepared once before the takeover, and what fails then is not reported', async () => {
  await using world = new World();
  const host = await world.host();
  const eth0 = host.kernel.get(IfnetModule).byName('eth0')!;
  const open = eth0.openIp.bind(eth0);
  const prepared: number[] = [];
  eth0.openIp = (options) => {
    const socket = open(options);
    socket.prepare = () => {
      prepared.push(world.clock.now());
      throw new IfnetError('ENETDOWN', 'eth0', 'is down');
    };
    return socket;
  };
  const vhid = host.create();
  world.advance(2999);
  assert.deepEqual(prepared, [2950]);
  assert.equal(host.carp.statistics.opackets.value + host.carp.statistics.senderrors.value, 0);
  world.advance(1);
  assert.equal(vhid.state, 'MASTER');
  assert.deepEqual(prepared, [2950]);
});
