/** Rules of the state machine that show only at their edges. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { machine } from './support/machine.js';

/** A sound master: one second, no skew. */
const MASTER = { units: 256, demote: 0, source: InetAddress.parse('10.88.0.2') };

describe('a BACKUP', () => {
  it('that stood still twice, and heard its master in between, listens both times', () => {
    const { clock, self, hear } = machine();
    for (let round = 0; round < 3; round++) {
      clock.pause(5000);
      clock.advanceSync(0);
      assert.equal(self.state, 'BACKUP', `round ${round}`);
      clock.advanceSync(500);
      hear(256);
    }
    clock.advanceSync(3000);
    assert.equal(self.state, 'MASTER');
  });

  it('is in a hurry from one and a half intervals before its deadline on', () => {
    const { clock, self, hear } = machine();
    hear(256);
    clock.advanceSync(1500);
    assert.equal(self.urgent, false);
    clock.advanceSync(1);
    assert.equal(self.urgent, true);
    hear(256);
    assert.equal(self.urgent, false);
  });

  it('counts from the arrival of what its master says, however late it was read', () => {
    const { clock, self } = machine();
    clock.advanceSync(1000);
    self.heard(4, MASTER, false, 993);
    clock.advanceSync(2992);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
  });

  it('counts from that arrival also if it was MASTER then', () => {
    const { clock, self } = machine(100);
    clock.advanceSync(4000);
    self.heard(4, MASTER, false);
    self.heard(4, MASTER, false, 3990);
    clock.advanceSync(3380);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
  });

  it('does not take over when it reads after an interval what came before: it stood still', () => {
    const { clock, self } = machine();
    clock.advanceSync(2500);
    clock.pause(600);
    self.heard(4, MASTER, false, 2900);
    clock.advanceSync(2000);
    assert.equal(self.state, 'BACKUP');
  });

  it('whose machine slept longer than an interval begins to wait anew', () => {
    const { clock, self } = machine();
    clock.advanceSync(2000);
    self.resumed(1000);
    clock.advanceSync(999);
    self.resumed(1001);
    clock.advanceSync(2999);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
  });

  it('whose machine slept no longer than that does not', () => {
    const { clock, self } = machine();
    clock.advanceSync(2999);
    self.resumed(1000);
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
  });
});

describe('a BACKUP whose master is dead', () => {
  it('and which nobody would hear says so, and asks itself again after a dead time', () => {
    const { clock, fitness, log } = machine();
    log.length = 0;
    fitness.voice = 'none';
    clock.advanceSync(3500);
    fitness.voice = 'own';
    clock.advanceSync(2500);
    assert.deepEqual(log, ['3000 unfit master timed out', '6000 MASTER master timed out']);
  });

  it('and which cannot serve asks itself again after a dead time, and is not to blame for its voice', () => {
    const { clock, fitness, log } = machine();
    log.length = 0;
    fitness.mayServe = false;
    clock.advanceSync(3500);
    fitness.mayServe = true;
    clock.advanceSync(2500);
    assert.deepEqual(log, ['6000 MASTER master timed out']);
  });
});

describe('a BACKUP that other hosts with the shared address would not hear', () => {
  it('waits until there is no MASTER: for its silence or its bow-out', () => {
    const { clock, fitness, self, hear, log } = machine(0, true);
    fitness.voice = 'shared';
    hear(300);
    hear(256, 1);
    assert.equal(self.state, 'BACKUP');
    assert.match(log.at(-1)!, /unfit preempting a demoted master$/);
    hear(255 * 256 + 255);
    assert.match(log.at(-1)!, /MASTER master will time out$/);
    self.relinquish('user requested via ifconfig');
    clock.advanceSync(3000);
    assert.match(log.at(-1)!, /MASTER master timed out$/);
  });
});

describe('a BACKUP that would be MASTER again before a slower one advertises', () => {
  it('waits for that one as long as its equals would, if it would not be heard itself', () => {
    const { clock, self, fitness, hear, log } = machine(20, false, { settings: { advbase: 0 } });
    fitness.voice = 'shared';
    for (let i = 0; i < 10; i++) {
      hear(100);
      clock.advanceSync(391);
      assert.equal(self.state, 'BACKUP');
    }
    clock.advanceSync(780);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.match(log.at(-1)!, /MASTER master timed out$/);
    self.relinquish('user requested via ifconfig');
    hear(100);
    hear(255 * 256 + 255);
    assert.match(log.at(-1)!, /MASTER master will time out$/);
  });
});

describe('a MASTER that another one does not hear, because it advertises from a shared address', () => {
  /** From the sixth second on a worse one is heard at `times`, in seconds. */
  function contested(times: readonly number[], advbase = 1, units = 300) {
    const under = machine(25, false, { settings: { advbase } });
    under.fitness.voice = 'shared';
    under.clock.advanceSync(6000);
    for (const time of times) {
      under.clock.advanceSync(6000 + time * 1000 - under.clock.now());
      under.hear(units);
    }
    return under;
  }

  it('yields to a worse one that goes on for longer than a dead time', () => {
    assert.equal(contested([0, 1, 2, 3]).self.state, 'MASTER');
    assert.equal(contested([0, 1, 2, 3, 4]).log.at(-1), '10000 BACKUP cannot advertise');
  });

  it('does not yield to its last word, to a bow-out, nor to one that comes back later', () => {
    for (const times of [[0], [0, 0.9], [0, 1, 2, 3, 8, 9, 10, 11]])
      assert.equal(contested(times).self.state, 'MASTER', times.join());
    const { clock, self, hear } = contested([0, 1, 2, 3]);
    clock.advanceSync(1000);
    hear(255 * 256 + 255);
    assert.equal(self.state, 'MASTER');
  });

  it('gives a ucarp, which reads up to 0.9 s late, a second', () => {
    const often = Array.from({ length: 11 }, (_, i) => i / 10);
    assert.equal(contested(often, 0, 30).self.state, 'MASTER');
    assert.equal(contested([...often, 1.1], 0, 30).self.state, 'BACKUP');
  });

  it('stays as long as it has an address of its own', () => {
    const { self, fitness, clock, hear } = contested([0, 1, 2, 3]);
    fitness.voice = 'own';
    for (let i = 0; i < 6; i++) {
      clock.advanceSync(1000);
      hear(300);
    }
    assert.equal(self.state, 'MASTER');
  });
});

describe('a BACKUP that hears a worse MASTER', () => {
  it('knows no better one, unless that would not hear it', () => {
    const { fitness, self, hear } = machine();
    hear(300);
    const knows = (['own', 'shared', 'none'] as const).map((voice) => {
      fitness.voice = voice;
      return self.knowsBetter;
    });
    assert.deepEqual(knows, [false, true, true]);
  });
});

describe('the timers of a vhid', () => {
  it('are called by what they are for', () => {
    const { clock } = machine(0, false, { families: [4, 6] });
    const names = (): string[] => clock.callouts().map(({ name }) => name);
    assert.deepEqual(names(), ['carp 1@eth0 master-down', 'carp 1@eth0 master-down6']);
    clock.advanceSync(3000);
    assert.deepEqual(names(), ['carp 1@eth0 advertisement']);
  });
});

describe('a MASTER', () => {
  it('advertises in step with its deadlines, however late it runs, and says how late', () => {
    const { clock, calls, sent } = machine();
    clock.advanceSync(3000);
    for (const late of [300, 20, 499]) {
      clock.advanceSync(0);
      clock.pause(1000 + late - (clock.now() % 1000));
      clock.advanceSync(0);
    }
    clock.advanceSync(1600);
    assert.deepEqual(sent, [3000, 4300, 5020, 6499, 7000, 8000]);
    const lateness = calls.map((call) => /advertised (\d+) ms late/.exec(call)?.[1]);
    assert.deepEqual(
      lateness.filter((late) => late !== undefined),
      ['300', '20', '499', '0', '0'],
    );
  });

  it('counts from now on when it was half an interval late: two at once help nobody', () => {
    const { clock, sent } = machine();
    clock.advanceSync(3000);
    clock.pause(1500);
    clock.advanceSync(1000);
    assert.deepEqual(sent, [3000, 4500, 5500]);
  });

  it('is not taken for silent at a dead ratio of 1, where the dead time is an interval', () => {
    const { clock, self, log } = machine(0, false, { settings: { deadRatio: 1 } });
    clock.advanceSync(1000);
    for (const late of [1100, 1100, 1100, 2000]) {
      clock.pause(late);
      clock.advanceSync(0);
    }
    assert.equal(self.state, 'MASTER');
    assert.equal(log.length, 2);
    clock.pause(2001);
    clock.advanceSync(0);
    assert.equal(self.state, 'BACKUP');
  });

  it('of both families leaves ties to IPv4, as long as it hears that', () => {
    const { clock, self, hearEqual } = machine(0, false, { families: [4, 6] });
    clock.advanceSync(10_500);
    // A peer that loses by its IPv4 address and would win by its IPv6 address.
    for (let i = 0; i < 3; i++) {
      hearEqual(4, '10.88.0.9');
      hearEqual(6);
      clock.advanceSync(1000);
    }
    assert.equal(self.state, 'MASTER');
  });

  it('of both families settles a tie by IPv6 when it hears nothing else, from the second word on', () => {
    const { clock, self, sent, calls, hearEqual } = machine(0, false, { families: [4, 6] });
    clock.advanceSync(10_400);
    sent.length = 0;
    hearEqual(6);
    assert.deepEqual(sent, []);
    assert.equal(calls.at(-1), '10400 contested, may yield', 'there is another MASTER at least');
    hearEqual(6);
    // It speaks, so that the winner learns of it, and yields when the winner goes on.
    assert.deepEqual(sent, [10_400]);
    clock.advanceSync(300);
    hearEqual(6);
    assert.equal(self.state, 'BACKUP');
  });
});

describe('a MASTER whose advertisements do not leave', () => {
  /** MASTER since 3 s, of which nothing leaves from 5 s on. */
  const muted = (preempt = true) => {
    const all = machine(0, preempt);
    all.clock.advanceSync(5000);
    all.network.takes = false;
    all.calls.length = 0;
    all.log.length = 0;
    return all;
  };

  it('goes on while it hears nobody, and reports no advertisement', () => {
    const { clock, self, calls, log } = muted();
    clock.advanceSync(20_000);
    assert.deepEqual([self.state, ...log], ['MASTER']);
    assert.ok(calls.length > 15 && !calls.some((call) => call.includes('advertised')), calls.join('\n'));
  });

  it('has its whole patience from the takeover on: one word that is lost then loses no claim', () => {
    const { clock, self, hear, network } = machine(0, true);
    network.takes = false;
    hear(300);
    assert.equal(self.state, 'MASTER');
    network.takes = true;
    clock.advanceSync(500);
    hear(300);
    assert.equal(self.state, 'MASTER');
  });

  it('has lost its claim to the one that speaks, when all peers have waited', () => {
    const { clock, self, hear } = muted();
    clock.advanceSync(1000);
    hear(256 + 100);
    assert.equal(self.state, 'MASTER', 'they wait still');
    clock.advanceSync(3000);
    hear(256 + 100);
    assert.equal(self.state, 'BACKUP');
  });

  it('does not come back from a blip as if its peers had heard it', () => {
    const { clock, self } = muted();
    clock.advanceSync(3500);
    self.stop('hardware interface down');
    clock.advanceSync(100);
    self.start('hardware interface up');
    assert.equal(self.state, 'BACKUP');
  });
});
