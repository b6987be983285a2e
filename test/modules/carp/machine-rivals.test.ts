/** What a MASTER does that hears another one: holds on, yields, stays; and what of it lasts beyond the term. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MachineOptions, machine } from './support/machine.js';

/** MASTER for seven seconds and some, of which the last advertisement left at 10 s. */
function master(after: number, advskew = 0, options: MachineOptions & { preempt?: boolean } = {}) {
  const all = machine(advskew, options.preempt, options);
  all.clock.advanceSync(10_000 + after);
  assert.equal(all.self.state, 'MASTER');
  all.calls.length = 0;
  return all;
}

/** It has lost a tie, and yielded once the winner had heard it. */
function yielded(preempt = false) {
  const all = master(400, 0, { preempt });
  all.hearEqual(4);
  all.clock.advanceSync(300);
  all.hearEqual(4);
  assert.equal(all.self.state, 'BACKUP');
  return all;
}

describe('a MASTER that loses a tie', () => {
  it('whose last word the peer may not have heard yet holds on in silence, out of step', () => {
    const { clock, calls, hearEqual } = master(10);
    hearEqual(4);
    assert.deepEqual(calls, ['10010 contested, may yield']);
    clock.advanceSync(1240);
    assert.equal(calls.length, 1);
    clock.advanceSync(140);
    assert.match(calls[1]!, /^11\d+(\.\d+)? advertise$/);
  });

  it('tells the neighbours with its next word if that is put off: the peer may yield now and say no more', () => {
    const { clock, announced, sent, hearEqual } = master(10, 0, { families: [4, 6] });
    announced.length = sent.length = 0;
    hearEqual(4);
    // The same word over the other family, on which nothing turns.
    hearEqual(6);
    clock.advanceSync(2000);
    assert.equal(sent.length, 1);
    assert.deepEqual(announced, sent);
  });

  it('tells them with the second word from now if the next one comes when it was due', () => {
    const { clock, announced, sent, hearEqual } = master(10, 0, { families: [4, 6] });
    announced.length = sent.length = 0;
    hearEqual(6);
    clock.advanceSync(2000);
    assert.deepEqual([announced, sent], [[12_000], [11_000, 12_000]]);
  });

  it('may have crossed with the peer, so it waits longer than a dead time before it takes over', () => {
    const { clock, self } = yielded();
    clock.advanceSync(3199);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(402);
    assert.equal(self.state, 'MASTER');
  });

  it('waits for the winner, which a worse MASTER that yields to it cannot hurry', () => {
    const { self, hear } = yielded(true);
    hear(300, 0, 4, '10.88.0.3');
    assert.equal(self.state, 'BACKUP');
  });

  it('stays when they meet again, if the silence showed that the peer had yielded too', () => {
    const { clock, self, calls, hearEqual } = yielded();
    clock.advanceSync(4000);
    assert.equal(self.state, 'MASTER');
    calls.length = 0;
    hearEqual(4);
    assert.ok(
      calls.some((call) => call.includes('contested, stays')),
      calls.join(),
    );
  });

  it('loses it again after INIT, in which it could not hear whether the peer yielded', () => {
    const { clock, self, calls, hearEqual } = yielded();
    self.stop('hardware interface down');
    self.start('hardware interface up');
    clock.advanceSync(4000);
    assert.equal(self.state, 'MASTER');
    calls.length = 0;
    hearEqual(4);
    assert.ok(!calls.some((call) => call.includes('stays')), calls.join());
  });

  it('loses it again if it was told to take over: that the peer yielded too only silence shows', () => {
    const { clock, self, calls, hearEqual } = yielded();
    self.takeOver('user requested via ifconfig');
    clock.advanceSync(10);
    calls.length = 0;
    hearEqual(4);
    assert.ok(!calls.some((call) => call.includes('stays')), calls.join());
  });
});

describe('a MASTER that loses a tie with a ucarp', () => {
  it('says one more word, and yields with the first it hears: the addresses of one family settle it', () => {
    const { calls, log, hearEqual } = master(10, 0, { settings: { election: 'ucarp' } });
    hearEqual(4);
    assert.deepEqual(calls, ['10010 advertise']);
    assert.match(log.at(-1)!, /BACKUP more frequent advertisement received$/);
  });
});

describe('a MASTER that is more demoted than another', () => {
  /** It has timers no worse than the other: that one would yield, if it heard ours. */
  const demoted = (after: number) => master(after, 0, { demote: 1 });

  it('speaks before it yields, and yields in silence', () => {
    const { clock, self, calls, log, hear } = demoted(400);
    hear(300, 0, 4, '10.88.0.2');
    assert.deepEqual(calls, ['10400 advertise', '10400 contested, may yield']);
    assert.equal(self.state, 'MASTER');
    clock.advanceSync(300);
    calls.length = 0;
    hear(300, 0, 4, '10.88.0.2');
    assert.equal(self.state, 'BACKUP');
    assert.deepEqual(calls, []);
    assert.match(log.at(-1)!, /BACKUP less demoted advertisement received$/);
    clock.advanceSync(3199);
    assert.equal(self.state, 'BACKUP', 'the two may have crossed');
  });
});

describe('a MASTER that hears a faster one', () => {
  it('says one more word, yields, and takes over after a dead time without that one', () => {
    const { clock, self, calls, log, hear } = master(100, 100);
    hear(256, 0, 4, '10.88.0.2');
    assert.deepEqual(calls, ['10100 advertise']);
    assert.match(log.at(-1)!, /BACKUP more frequent advertisement received$/);
    clock.advanceSync(3390);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
  });
});

describe('a MASTER that hears a slower one', () => {
  it('counts that it reasserts itself, and names the other if it has an address', () => {
    const { clock, calls, counted, hear } = master(100);
    hear(300);
    assert.deepEqual([calls, counted['reasserts']], [['10100 announce', '10100 contested, stays'], 1]);
    clock.advanceSync(10_000);
    calls.length = 0;
    hear(300, 0, 4, '10.88.0.2');
    assert.equal(calls.at(-1), '20100 reasserted against 10.88.0.2');
    assert.equal(counted['reasserts'], 2);
  });
});

describe('a change of state', () => {
  it('begins a preemptDelay anew', () => {
    const { clock, self, hear } = machine(0, true, { settings: { preemptDelay: 5000 } });
    const hears = (seconds: number): void => {
      for (let second = 0; second < seconds; second++) {
        hear(300);
        assert.equal(self.state, 'BACKUP');
        clock.advanceSync(1000);
      }
    };
    hears(4);
    self.stop('user requested via ifconfig');
    self.start('initialization complete');
    hears(5);
    hear(300);
    assert.equal(self.state, 'MASTER');
  });

  it('forgets that a BACKUP stood still: the next one listens once more', () => {
    const { clock, self } = machine();
    const standsStill = (): void => {
      clock.pause(5000);
      clock.advanceSync(0);
      assert.equal(self.state, 'BACKUP');
    };
    standsStill();
    clock.advanceSync(3000);
    assert.equal(self.state, 'MASTER');
    self.relinquish('user requested via ifconfig');
    standsStill();
  });
});
