/** A host that is suspended, and told so (power_resume) up to a second after it woke up: what it says and hears in between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhid, CarpVhidOptions } from '../../../modules/carp/index.js';
import { CarpSequence } from '../../../modules/carp/seal/sequence.js';
import { SleepingClock } from '../../support/sleeping-clock.js';
import { machine } from './support/machine.js';
import { World } from './support/world.js';

const MINUTE = 60_000;
const SLEEPER = 'host1:eth0';
const OTHER = 'host2:eth0';

/** Two hosts, of which the first one can sleep; it hears nothing meanwhile. */
async function sleeper(world: World, ...options: [Partial<CarpVhidOptions>, Partial<CarpVhidOptions>]) {
  const clock = new SleepingClock(world.clock);
  const hosts = [await world.host(undefined, {}, { clock }), await world.host()];
  const [own, other] = hosts.map((host, i) => host.create(options[i])) as [CarpVhid, CarpVhid];
  world.advance(10_000);
  world.history();
  /** @returns tells it so */
  const sleep = (): (() => void) => {
    world.lan.partition([SLEEPER], [OTHER]);
    clock.suspend();
    world.advance(MINUTE);
    world.lan.heal();
    const slept = clock.resume();
    return () => hosts[0]!.kernel.eventhandler.invoke('power_resume', slept);
  };
  return { hosts, own, other, sleep };
}

describe('a BACKUP that slept', () => {
  it('and hears its master before it is told of that goes on hearing it', async () => {
    await using world = new World();
    const { hosts, own, sleep } = await sleeper(world, { advskew: 100 }, {});
    assert.equal(own.state, 'BACKUP');
    const tell = sleep();
    world.advance(1100);
    tell();
    world.advance(10_000);
    assert.deepEqual(world.history(), []);
    assert.equal(hosts[0]!.carp.statistics.replayed.value, 0);
  });

  it('and is told before, does so too', async () => {
    await using world = new World();
    const { hosts, sleep } = await sleeper(world, { advskew: 100 }, {});
    sleep()();
    world.advance(10_000);
    assert.deepEqual(world.history(), []);
    assert.equal(hosts[0]!.carp.statistics.replayed.value, 0);
  });
});

describe('a MASTER that slept', () => {
  it('listens, though its link goes down and comes back before it is told', async () => {
    await using world = new World();
    const { own, other, sleep } = await sleeper(world, { advskew: 100 }, { advskew: 200 });
    assert.equal(own.state, 'MASTER');
    const tell = sleep();
    world.lan.cut(SLEEPER);
    world.advance(300);
    tell();
    world.advance(300);
    world.history();
    world.lan.mend(SLEEPER);
    assert.deepEqual([own.state, other.state], ['BACKUP', 'MASTER']);
    assert.deepEqual(world.history(), [`${world.clock.now()} host1 INIT->BACKUP hardware interface up`]);
  });

  it('and has met its successor, which gave way, before it is told, does not step down for nobody', async () => {
    await using world = new World();
    const { own, other, sleep } = await sleeper(world, {}, { advskew: 100 });
    const tell = sleep();
    assert.deepEqual([own.state, other.state], ['MASTER', 'MASTER']);
    for (let waited = 0; other.state === 'MASTER' && waited < 1400; waited++) world.advance(1);
    assert.deepEqual([own.state, other.state], ['MASTER', 'BACKUP']);
    world.history();
    tell();
    world.advance(10_000);
    assert.deepEqual(world.history(), []);
  });

  it('for less than its peers wait says at once that it is there', () => {
    const { clock, sleep, self, sent } = machine();
    clock.advanceSync(5100);
    assert.equal(sent.at(-1), 5000);
    sleep(2000);
    assert.deepEqual([self.state, sent.at(-1)], ['MASTER', 5100]);
    clock.advanceSync(900);
    assert.equal(sent.at(-1), 6000, 'the next one is due when it was');
  });

  it('for longer than its peers wait listens, though that is less than two intervals', () => {
    const { clock, sleep, log } = machine(0, false, { settings: { deadRatio: 1 } });
    clock.advanceSync(5100);
    sleep(1001);
    assert.match(log.at(-1)!, /BACKUP resumed after a pause/);
  });

  for (const slept of [2900, MINUTE])
    it(`for ${slept} ms and has advertised since, goes on, and says so again: the sequence of that was an old one`, () => {
      const { clock, sleep, self, sent } = machine();
      clock.advanceSync(5900);
      sleep(slept, 300);
      assert.equal(self.state, 'MASTER');
      assert.deepEqual(sent.slice(-2), [6000, 6200]);
      clock.advanceSync(800);
      assert.equal(sent.at(-1), 7000, 'the next one is due when it was');
    });

  it('for less than its peers wait, but has been silent for longer by then, listens', () => {
    const { clock, sleep, log } = machine();
    clock.advanceSync(5900);
    sleep(2200);
    assert.match(log.at(-1)!, /BACKUP resumed after a pause/);
  });

  for (const [what, leaves] of [
    ['and has advertised since, stays: a successor has given way, perhaps without a word', true],
    ['and has done so in vain listens', false],
  ] as const)
    it(what, () => {
      const { clock, sleep, self, network } = machine();
      clock.advanceSync(5500);
      network.takes = leaves;
      sleep(MINUTE, 990);
      assert.equal(self.state, leaves ? 'MASTER' : 'BACKUP');
    });

  it('and has advertised, or has not, while its wall clock was set by almost half of the sleep, is not misled', () => {
    const [forward, back] = [machine(), machine()];
    for (const [{ clock, self }, step, untold] of [
      [forward, MINUTE / 2 - 1, 500],
      [back, -MINUTE / 2, 0],
    ] as const) {
      clock.advanceSync(5600);
      clock.slept = MINUTE;
      clock.advanceSync(untold);
      clock.slept += step;
      self.resumed(MINUTE);
    }
    assert.deepEqual([forward.self.state, back.self.state], ['MASTER', 'BACKUP']);
  });

  it('for so short that it says nothing counts that when its process is paused then', () => {
    const after = (pause: number): string => {
      const { clock, sleep, self, sent } = machine();
      clock.advanceSync(5000);
      sleep(250);
      assert.equal(sent.at(-1), 5000);
      clock.pause(pause);
      clock.advanceSync(0);
      return self.state;
    };
    assert.deepEqual([after(2750), after(2751)], ['MASTER', 'BACKUP']);
  });

  it('too long, but whose failover group has a claim, says at once that it is there', () => {
    const { clock, sleep, self, group, sent } = machine();
    clock.advanceSync(5100);
    group.outlasts = true;
    sleep(MINUTE);
    assert.deepEqual([self.state, sent.at(-1)], ['MASTER', 5100]);
    clock.advanceSync(900);
    assert.equal(sent.at(-1), 6000, 'the next one is due when it was');
  });

  it('has a claim for its group if it has advertised since, or its peers still wait', () => {
    const { clock, sleep, self, hear } = machine();
    assert.equal(self.outlasts(1), false, 'it is BACKUP');
    clock.advanceSync(5600);
    const claims = [2400, 2401].map((slept) => {
      clock.slept = slept;
      return self.outlasts(slept);
    });
    assert.deepEqual(claims, [true, false], 'its last word is 600 ms old');
    sleep(MINUTE, 400);
    assert.equal(self.outlasts(MINUTE), true);
    hear(1);
    assert.equal(self.state, 'BACKUP');
    assert.equal(self.outlasts(1), false, 'it has advertised just now, and yielded');
  });

  it('and has advertised or met another one just before listens', () => {
    const { clock, sleep, self, hear } = machine();
    clock.advanceSync(5000);
    hear(400);
    sleep(MINUTE);
    assert.equal(self.state, 'BACKUP');
  });
});

describe('the common time of a machine that slept', () => {
  const UNITS = MINUTE / 16;
  /** Has heard a word after a sleep of a minute, 992 ms, or 62 units, after its own. */
  function woken(): { sequence: CarpSequence; last: number } {
    const sequence = new CarpSequence(Date.UTC(2030, 0, 1), 0);
    const last = sequence.next(0) + 62 + UNITS;
    sequence.heard(last, 992);
    return { sequence, last };
  }

  it('counts a sleep once that a word has shown', () => {
    const { sequence, last } = woken();
    sequence.slept(MINUTE, 5992);
    assert.ok(sequence.isFresh(last + 63, 5992, { deadTime: 3000 }));
    assert.equal(sequence.next(5992), last + 312);
  });

  it('counts what the word has not shown', () => {
    const { sequence, last } = woken();
    sequence.slept(2 * MINUTE, 992);
    assert.equal(sequence.next(992), last + UNITS);
  });

  it('counts a sleep that began later than the word came', () => {
    const { sequence, last } = woken();
    sequence.slept(MINUTE, 5993);
    assert.equal(sequence.next(5993), last + UNITS + 312);
  });

  it('counts a second sleep, of which no word has been heard', () => {
    const { sequence, last } = woken();
    sequence.slept(MINUTE, 992);
    sequence.slept(MINUTE, 992);
    assert.equal(sequence.next(992), last + UNITS);
  });

  it('counts a sleep once, though somebody plays what was said meanwhile before a new word comes', () => {
    const sequence = new CarpSequence(Date.UTC(2030, 0, 1), 0);
    const first = sequence.next(0);
    for (let said = 62; said <= UNITS; said += 62) sequence.heard(first + said, 0);
    sequence.slept(MINUTE, 500);
    assert.ok(sequence.isFresh(first + UNITS, 500, { deadTime: 3000 }));
  });

  it('counts a sleep after a word that was no more ahead than words are', () => {
    const sequence = new CarpSequence(Date.UTC(2030, 0, 1), 0);
    const first = sequence.next(0);
    sequence.heard(first + 6, 0);
    sequence.slept(96, 0);
    assert.equal(sequence.next(0), first + 12);
  });

  it('forgets what words have shown long ago', () => {
    const sequence = new CarpSequence(Date.UTC(2030, 0, 1), 0);
    const first = sequence.next(0);
    sequence.heard(first + UNITS, 0);
    sequence.heard(first + 2 * UNITS, 5001);
    sequence.slept(2 * MINUTE, 5001);
    assert.equal(sequence.next(5001), first + 3 * UNITS + 312);
  });
});
