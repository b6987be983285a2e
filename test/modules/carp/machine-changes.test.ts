/** What a state machine does when the circumstances of its vhid change: families, sleep, replays, its group. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress, type InetFamily } from '../../../modules/ifnet/index.js';
import { machine } from './support/machine.js';

const PEER = InetAddress.parse('10.88.0.2');
const MASTER = { units: 256, demote: 0, source: PEER };
const BOW_OUT = { units: 255 * 256 + 255, demote: 0, source: PEER };

describe('the families of a vhid', () => {
  it('that are added have a dead time to hear the master before it takes over', () => {
    const families: InetFamily[] = [4];
    const { clock, self } = machine(0, false, { families });
    clock.advanceSync(2000);
    families.push(6);
    self.rearm();
    self.assertInvariants();
    clock.advanceSync(2999);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
    families.pop();
    self.rearm();
    families.push(6);
    self.rearm();
    self.assertInvariants();
  });

  it('that are removed are waited for no more', () => {
    const families: InetFamily[] = [4, 6];
    const { clock, self, hear } = machine(0, false, { families });
    clock.advanceSync(2000);
    hear(256, 0, 6);
    families.pop();
    assert.throws(
      () => self.assertInvariants(),
      /^Error: 1@eth0: BACKUP with master-down timers for 4 and 6$/,
    );
    self.rearm();
    self.assertInvariants();
    clock.advanceSync(1000);
    assert.equal(self.state, 'MASTER');
  });

  it('that may have been deaf listen for a dead time again, if they are its own', () => {
    const { clock, self } = machine();
    clock.advanceSync(2000);
    self.listenAgain(6);
    self.assertInvariants();
    self.listenAgain(4);
    clock.advanceSync(2999);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
    self.listenAgain(4);
    self.assertInvariants();
  });
});

describe('an advertisement that may be a replay', () => {
  it('keeps a BACKUP waiting, and says nothing else to it', () => {
    const { clock, self } = machine(0, true);
    clock.advanceSync(2000);
    self.heard(4, BOW_OUT, true);
    self.heard(4, { ...MASTER, units: 300 }, true);
    clock.advanceSync(2999);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
  });

  it('keeps a BACKUP no longer for the timers that somebody has put into it, however demoted that is', () => {
    const { clock, self, hear } = machine(0, false, { demote: 1 });
    hear(256, 0, 4, '10.88.0.2');
    clock.advanceSync(2900);
    self.heard(4, { ...MASTER, units: 254 * 256 }, true);
    clock.advanceSync(2999);
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(1);
    assert.equal(self.state, 'MASTER');
  });

  it('takes nothing from a MASTER', () => {
    const { clock, self } = machine(100);
    clock.advanceSync(4000);
    assert.equal(self.state, 'MASTER');
    self.heard(4, MASTER, true);
    assert.equal(self.state, 'MASTER');
    self.assertInvariants();
  });
});

describe('a vhid in INIT', () => {
  it('takes nothing for news, whoever speaks', () => {
    const { self, hear, hearEqual, calls, counted, log } = machine(100, true);
    self.stop('hardware interface down');
    calls.length = 0;
    log.length = 0;
    for (const units of [BOW_OUT.units, 400, 256]) hear(units, 0, 4, '10.88.0.2');
    hearEqual(4);
    assert.deepEqual([self.state, calls, log, counted], ['INIT', [], [], {}]);
    self.assertInvariants();
  });
});

describe('a successor', () => {
  it('of a MASTER that has lost its interface is MASTER when that is back in time', () => {
    const { clock, self } = machine();
    clock.advanceSync(10_000);
    self.stop('hardware interface down');
    const heir = machine(0, false, { successor: { of: self.capture(), at: 10_500 } });
    heir.self.start('hardware interface up');
    assert.equal(heir.self.state, 'MASTER');
  });

  it('of a BACKUP that has yielded to an equal stays before it, if the silence shows that it yielded too', () => {
    const { clock, self, hearEqual } = machine();
    clock.advanceSync(10_400);
    hearEqual(4);
    clock.advanceSync(300);
    hearEqual(4);
    assert.equal(self.state, 'BACKUP');
    const heir = machine(0, false, { successor: { of: self.capture(), at: 10_700 } });
    heir.clock.advanceSync(4000);
    assert.equal(heir.self.state, 'MASTER');
    heir.hearEqual(4);
    assert.ok(heir.calls.some((call) => call.includes('contested, stays')));
  });
});

describe('a host that slept', () => {
  it('longer than the dead time has lost its claim as MASTER, and as BACKUP has none to lose', () => {
    const { clock, sleep, self, log } = machine();
    sleep(3001);
    assert.equal(log.length, 1, 'it is BACKUP as before');
    clock.advanceSync(3000);
    sleep(3000);
    assert.equal(self.state, 'MASTER');
    self.assertInvariants();
    sleep(3001);
    assert.equal(self.state, 'BACKUP');
    self.stop('hardware interface down');
    sleep(60_000);
    self.assertInvariants();
  });
});

describe('a BACKUP', () => {
  it('announces nothing when it is reminded, nor later as MASTER for that', () => {
    const { clock, self, announced } = machine(0, false, { settings: { delayedGarp: false } });
    self.remind(true);
    clock.advanceSync(10_000);
    assert.equal(self.state, 'MASTER');
    assert.deepEqual(announced, []);
  });

  it('whose interface is gone for a moment stays one, though it was MASTER before it yielded', () => {
    const { clock, self, hear } = machine(100);
    clock.advanceSync(4000);
    assert.equal(self.state, 'MASTER');
    hear(256);
    self.stop('hardware interface down');
    self.start('hardware interface up');
    assert.equal(self.state, 'BACKUP');
  });

  it('that has yielded to a better MASTER is not called to arms by the last word of a worse one', () => {
    const { clock, self, hear } = machine(100, true);
    clock.advanceSync(4000);
    assert.equal(self.state, 'MASTER');
    hear(256, 0, 4, '10.88.0.2');
    hear(256 + 200, 0, 4, '10.88.0.3');
    assert.equal(self.state, 'BACKUP');
    clock.advanceSync(2000);
    hear(256 + 200, 0, 4, '10.88.0.3');
    assert.equal(self.state, 'MASTER', 'the better one has been silent for two intervals');
  });

  it('that is disposed of leaves no timer', () => {
    const { clock, self } = machine(0, false, { families: [4, 6] });
    assert.ok(clock.armed > 0);
    self[Symbol.dispose]();
    assert.equal(clock.armed, 0);
  });
});

describe('a preemptDelay', () => {
  const settings = { preemptDelay: 5000 };

  it('counts from the first word of a slower master, not of an equal one', () => {
    const { clock, self, hear } = machine(0, true, { settings });
    for (let second = 0; second < 4; second++) {
      hear(256, 0, 4, '10.88.0.2');
      clock.advanceSync(1000);
    }
    for (let second = 0; second < 5; second++) {
      hear(300, 0, 4, '10.88.0.2');
      assert.equal(self.state, 'BACKUP');
      clock.advanceSync(1000);
    }
    hear(300, 0, 4, '10.88.0.2');
    assert.equal(self.state, 'MASTER');
  });

  it('of a vhid whose group is MASTER here counts from the first word of an equal one, and no faster one', () => {
    const { clock, self, hear } = machine(1, false, { settings, groupServes: true });
    const hears = (units: number, seconds: number): void => {
      for (let second = 0; second < seconds; second++) {
        hear(units, 0, 4, '10.88.0.2');
        assert.equal(self.state, 'BACKUP');
        clock.advanceSync(1000);
      }
    };
    hears(256, 4);
    hears(257, 5);
    hear(257, 0, 4, '10.88.0.2');
    assert.equal(self.state, 'MASTER');
  });

  it('is nothing to a vhid whose group is MASTER here before a slower master, without preemption too', () => {
    const { self, hear, log } = machine(0, false, { groupServes: true });
    hear(300);
    assert.equal(self.state, 'MASTER');
    assert.match(log.at(-1)!, /preempting a slower master/);
  });
});

describe('a MASTER that hears one which is more demoted', () => {
  it('need not answer at once, unless that one is slower: it does not yield for its timers', () => {
    for (const [units, answers] of [
      [256, 0],
      [300, 0],
      [301, 1],
    ] as const) {
      const { clock, self, sent, hear } = machine(44);
      clock.advanceSync(4000);
      sent.length = 0;
      hear(units, 1, 4, '10.88.0.2');
      assert.deepEqual([self.state, sent.length], ['MASTER', answers]);
    }
  });
});
