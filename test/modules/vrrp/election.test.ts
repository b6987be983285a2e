/** The state machine of RFC 9568 section 6.4, rule by rule, and what differs in version 2 and in keepalived. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { downTime, skewTime } from '../../../modules/vrrp/election/timers.js';
import { Bench, type Given, HIGHER, LOWER, OWN } from './support/machine.js';

describe('the times', () => {
  it('of version 3 come from the interval (RFC 9568 section 6.1)', () => {
    assert.equal(skewTime(3, 100, 1000), (156 / 256) * 1000);
    assert.equal(downTime(3, 100, 1000, 3), 3609.375);
    assert.equal(downTime(3, 150, 10, 3), 30 + (106 / 256) * 10);
    assert.equal(downTime(3, 100, 1000, 5), 5609.375);
  });

  it('of version 2 have a skew in seconds, whatever the interval (RFC 3768 section 6.1)', () => {
    assert.equal(skewTime(2, 100, 10_000), (156 / 256) * 1000);
    assert.equal(downTime(2, 100, 2000, 3), 6609.375);
  });

  it('differ for priorities next to each other, at one centisecond too, and never are 0', () => {
    assert.ok(skewTime(3, 100, 10) > skewTime(3, 101, 10));
    assert.ok(skewTime(3, 255, 10) > 0);
  });
});

describe('INIT', () => {
  /** RFC 9568 section 6.4.1, (110). */
  it('goes to MASTER at once with priority 255', () => {
    const bench = new Bench({ priority: 255 });
    assert.deepEqual(bench.log, ['0 MASTER owner of the addresses']);
    assert.deepEqual(bench.sent, [[0, 255]]);
  });

  /** RFC 9568 section 6.4.1, (125): with a whole Active_Down_Interval. */
  it('goes to BACKUP with any other', () => {
    const bench = new Bench({ priority: 254 });
    bench.pass(3000 + 1000 / 128 - 1);
    assert.deepEqual(bench.log, ['0 BACKUP initialization complete']);
    bench.pass(1);
    assert.match(bench.log[1]!, /MASTER master timed out/);
  });

  it('hears nothing', () => {
    const bench = new Bench({ started: false });
    bench.hear(0);
    bench.hear(255);
    bench.pass(60_000);
    assert.deepEqual([bench.log, bench.sent], [[], []]);
  });
});

describe('a BACKUP', () => {
  /** RFC 9568 section 6.4.2, (440). */
  it('waits anew for an advertisement of its priority or a higher one', () => {
    const bench = new Bench();
    for (let i = 0; i < 20; i++) {
      bench.pass(3500);
      bench.hear(i % 2 === 0 ? 100 : 200);
    }
    assert.equal(bench.machine.state, 'BACKUP');
    bench.pass(3609);
    assert.equal(bench.machine.state, 'BACKUP');
    bench.pass(1);
    assert.equal(bench.log[1], '73609.375 MASTER master timed out');
  });

  it('counts from the arrival of an advertisement, however late it is read', () => {
    const bench = new Bench();
    bench.pass(2000);
    bench.hear(200, LOWER, 1000, 7);
    bench.pass(10_000);
    assert.equal(bench.log[1], '5602.375 MASTER master timed out');
    const stopped = new Bench();
    stopped.pass(2000);
    stopped.hear(0, LOWER, 1000, 7);
    stopped.pass(10_000);
    assert.equal(stopped.log[1], '2602.375 MASTER master stopped');
  });

  /** RFC 9568 section 6.4.2, (425): the skew of the interval that it has learnt. */
  it('waits for the skew when the master stops', () => {
    const bench = new Bench();
    bench.hear(200, LOWER, 2000);
    bench.pass(100);
    bench.hear(0, LOWER, 2000);
    bench.pass(2000 * (156 / 256));
    assert.equal(bench.log[1], `${100 + 2000 * (156 / 256)} MASTER master stopped`);
    assert.equal(bench.counted['prio_zero_heard'], 1);
  });

  /** RFC 9568 section 6.4.2, (455). */
  it('discards a lower priority, and takes over when its timer runs out', () => {
    const bench = new Bench();
    for (let i = 0; i < 3; i++) {
      bench.pass(1000);
      bench.hear(99);
    }
    bench.pass(1000);
    assert.equal(bench.log[1], '3609.375 MASTER preempting a lower priority');
  });

  it('whose failover group serves here discards its own priority from a lower address too, after its delay', () => {
    const hears = (from: string, priority: number, given: Given = {}): Bench => {
      const bench = new Bench({ groupServes: true, ...given });
      for (let i = 0; i < 6; i++) {
        bench.hear(priority, from);
        bench.pass(1000);
      }
      return bench;
    };
    assert.equal(hears(LOWER, 100).log[1], '3609.375 MASTER failover group');
    assert.equal(hears(LOWER, 99).log[1], '3609.375 MASTER preempting a lower priority');
    assert.equal(
      hears(LOWER, 100, { preemptDelay: 1500 }).log[1],
      `${1000 + 3609.375} MASTER failover group`,
    );
    for (const [from, priority, given] of [
      [HIGHER, 100, {}],
      [LOWER, 101, {}],
      [LOWER, 100, { groupServes: false }],
      [LOWER, 100, { preempt: false }],
    ] as const)
      assert.equal(hears(from, priority, given).machine.state, 'BACKUP', `${from} ${priority}`);
  });

  /** RFC 9568 section 6.1, Preempt_Mode. */
  it('follows a lower priority without preemption', () => {
    const bench = new Bench({ preempt: false });
    for (let i = 0; i < 10; i++) {
      bench.pass(1000);
      bench.hear(1);
    }
    assert.equal(bench.machine.state, 'BACKUP');
    bench.pass(4000);
    assert.equal(bench.machine.state, 'MASTER');
  });

  /** RFC 9568 section 6.4.2, (445): Active_Adver_Interval. */
  it('of version 3 learns the interval of the master that it follows', () => {
    const bench = new Bench();
    bench.hear(200, LOWER, 2000);
    assert.equal(bench.machine.interval, 2000);
    bench.pass(2 * 3609.375 - 1);
    assert.equal(bench.machine.state, 'BACKUP');
    bench.pass(1);
    assert.equal(bench.machine.state, 'MASTER');
    assert.equal(bench.machine.interval, 1000, 'as MASTER it has its own');
  });

  it('of version 3 learns nothing from one that it discards', () => {
    const bench = new Bench();
    bench.hear(1, LOWER, 40_000);
    assert.equal(bench.machine.interval, 1000);
  });

  /** RFC 3768 section 6.1: every router has the same interval. */
  it('of version 2 keeps its own interval', () => {
    const bench = new Bench({ version: 2 });
    bench.hear(200, LOWER, 40_000);
    bench.pass(3609.375);
    assert.equal(bench.machine.state, 'MASTER');
  });

  it('waits for the delay before it preempts, and then for its timer, as keepalived', () => {
    const bench = new Bench({ preemptDelay: 5000 });
    for (let now = 500; bench.machine.state === 'BACKUP' && now < 20_000; now += 1000) {
      bench.pass(now - bench.clock.now());
      bench.hear(50);
    }
    // Advertisements up to 4.5 s armed the timer; the one at 5.5 s was discarded.
    assert.equal(bench.log[1], `${4500 + 3609.375} MASTER preempting a lower priority`);
  });

  it('takes over from a silent master whatever the delay', () => {
    const bench = new Bench({ preemptDelay: 60_000 });
    bench.pass(3610);
    assert.equal(bench.machine.state, 'MASTER');
  });

  it('looks into its socket before it takes over', () => {
    const bench = new Bench();
    bench.inSocket.push(() => bench.hear(200));
    bench.pass(3700);
    assert.equal(bench.machine.state, 'BACKUP');
  });

  it('listens once more after a pause of its process', () => {
    const bench = new Bench();
    bench.machine.resumed(5000);
    bench.pass(3609);
    assert.equal(bench.machine.state, 'BACKUP');
    bench.pass(1);
    assert.equal(bench.machine.state, 'MASTER');
  });

  it('asks again after a dead time when it cannot serve', () => {
    const bench = new Bench();
    bench.able = false;
    bench.pass(4000);
    assert.equal(bench.machine.state, 'BACKUP');
    bench.able = true;
    bench.pass(3300);
    assert.equal(bench.log[1], `${2 * 3609.375} MASTER master timed out`);
  });

  it('waits longer or shorter when its priority changes, as keepalived', () => {
    const bench = new Bench({ priority: 200 });
    bench.pass(1000);
    bench.priority = 100;
    bench.machine.priorityChanged();
    bench.pass(2609);
    assert.equal(bench.machine.state, 'BACKUP');
    bench.pass(1);
    assert.equal(bench.machine.state, 'MASTER');
  });
});

describe('a MASTER', () => {
  /** RFC 9568 section 6.4.3, (605). */
  it('advertises in its interval, without drift', () => {
    const bench = Bench.master();
    const since = bench.clock.now();
    bench.pass(10_000);
    assert.equal(bench.sent.length, 10);
    const times = bench.sent.map(([time]) => time);
    assert.ok(times[0]! - since <= 1000 && times[0]! - since > 1000 - 125);
    assert.deepEqual(
      times.slice(1).map((time, i) => time - times[i]!),
      Array(9).fill(1000),
    );
  });

  /** RFC 9568 section 6.4.3, (705). */
  it('answers priority 0 at once and starts its timer anew', () => {
    const bench = Bench.master();
    bench.pass(500);
    const now = bench.clock.now();
    bench.sent.length = 0;
    bench.hear(0);
    bench.pass(1000);
    assert.deepEqual(bench.sent, [
      [now, 100],
      [now + 1000, 100],
    ]);
  });

  it('corrects the neighbours of one that stops: after a partition that may be all that is heard of it', () => {
    for (const version of [2, 3] as const) {
      const bench = Bench.master({ version });
      bench.pass(2500);
      bench.announced.length = bench.sent.length = 0;
      const now = bench.clock.now();
      for (let i = 0; i < 5; i++) bench.hear(0);
      bench.pass(3000);
      const second = now + 2000;
      assert.deepEqual(bench.announced, [now, now, now, now, second], 'as often as a worse one is answered');
      assert.deepEqual(bench.contests, Array(4).fill(true));
      assert.equal(bench.sent.filter(([at]) => at === now).length, 5, 'it is answered each time');
    }
  });

  /** RFC 9568 section 6.4.3, (715). */
  it('yields to a higher priority, and learns its interval', () => {
    const bench = Bench.master();
    bench.hear(101, LOWER, 3000);
    assert.match(bench.log[0]!, /BACKUP higher priority advertisement received/);
    assert.deepEqual(bench.sent, []);
    assert.equal(bench.machine.interval, 3000);
  });

  /** RFC 9568 section 6.4.3, (715): the primary address, as an unsigned number in network order. */
  it('yields to its own priority from a higher address only', () => {
    const bench = Bench.master();
    bench.hear(100, LOWER);
    bench.hear(100, OWN);
    assert.deepEqual(bench.log, []);
    bench.hear(100, HIGHER);
    assert.match(bench.log[0]!, /BACKUP equal priority from a higher address/);
    const far = Bench.master();
    far.hear(100, '200.0.0.1');
    assert.equal(far.machine.state, 'BACKUP', 'octets above 127 are no negative numbers');
  });

  /** RFC 9568 section 6.4.3, (750): new there. keepalived does it too. */
  it('of version 3 answers a worse one at once, and reminds the neighbours now and later', () => {
    const bench = Bench.master();
    bench.pass(500);
    const now = bench.clock.now();
    bench.sent.length = 0;
    bench.hear(99);
    assert.deepEqual([bench.sent, bench.announced, bench.contests], [[[now, 100]], [now], [true]]);
    bench.pass(2000);
    assert.deepEqual(bench.announced, [now, now + 2000]);
  });

  /** RFC 3768 section 6.4.3 discards it. */
  it('of version 2 is silent to a worse one, and reminds the neighbours', () => {
    const bench = Bench.master({ version: 2 });
    bench.pass(500);
    bench.sent.length = 0;
    bench.hear(99);
    assert.deepEqual([bench.sent.length, bench.announced.length], [0, 1]);
  });

  it('is not made to flood by a flood of worse ones', () => {
    const bench = Bench.master();
    for (let i = 0; i < 1000; i++) {
      bench.pass(1);
      bench.hear(1);
    }
    assert.ok(bench.sent.length <= 5, `${bench.sent.length}`);
  });

  it('answers four of them in a row and no fifth within an interval, nor does a successor', () => {
    const bench = Bench.master();
    bench.announced.length = 0;
    for (let i = 0; i < 5; i++) bench.hear(1);
    assert.equal(bench.announced.length, 4);
    const successor = new Bench({ started: false });
    successor.pass(bench.clock.now());
    successor.machine.adopt(bench.machine.capture());
    successor.hear(1);
    assert.equal(successor.announced.length, 0);
    successor.pass(1000);
    successor.announced.length = 0;
    successor.hear(1);
    assert.equal(successor.announced.length, 1);
  });

  it('that leaves traces says once more that it was there before it yields', () => {
    const bench = Bench.master({ leavesTraces: true });
    const now = bench.clock.now();
    bench.hear(200, LOWER, 3000);
    assert.deepEqual(bench.sent, [[now, 100]]);
    assert.equal(bench.said, 3000, 'those who follow it once more wait as long as the new master makes them');
    assert.equal(bench.machine.state, 'BACKUP');
  });

  /** RFC 9568 section 6.4.3, (655). */
  it('sends priority 0 once when it stops', () => {
    const bench = Bench.master();
    const now = bench.clock.now();
    bench.machine.relinquish('user requested');
    bench.machine.stop('shutting down');
    bench.pass(10_000);
    assert.deepEqual(bench.sent, [[now, 0]]);
  });

  it('stays MASTER when it says that a peer should take over, and then leaves the longest skew to it', () => {
    const bench = Bench.master();
    bench.pass(400);
    bench.sent.length = 0;
    const now = bench.clock.now();
    bench.machine.bowOut();
    bench.pass(1499);
    assert.deepEqual([bench.sent, bench.machine.state], [[[now, 0]], 'MASTER']);
    bench.pass(1001);
    assert.deepEqual(bench.sent.slice(1), [
      [now + 1500, 100],
      [now + 2500, 100],
    ]);
    bench.hear(150);
    bench.machine.bowOut();
    assert.equal(bench.sent.length, 3, 'as BACKUP it says nothing');
  });

  it('that was suspended for longer than its peers wait listens', () => {
    const bench = Bench.master();
    bench.sleep(2900);
    assert.equal(bench.machine.state, 'MASTER');
    bench.sent.length = 0;
    bench.sleep(3100);
    assert.match(bench.log[0]!, /BACKUP resumed after a pause/);
    assert.deepEqual([bench.sent, bench.stoodBack], [[], []]);
  });

  it('that stood still for longer listens, and tells the successor that it hears, which may have to correct clients', () => {
    const bench = Bench.master();
    bench.clock.pause(5000);
    const now = bench.clock.now();
    bench.hear(150);
    assert.match(bench.log[0]!, /BACKUP resumed after a pause/);
    assert.deepEqual([bench.sent, bench.stoodBack], [[], [now]]);
  });

  it('advertises at once when its priority changes', () => {
    const bench = Bench.master();
    const now = bench.clock.now();
    bench.priority = 20;
    bench.machine.priorityChanged();
    assert.deepEqual(bench.sent, [[now, 20]]);
  });
});

describe('an owner', () => {
  /** RFC 9568 erratum 8298: two owners are an error, and settle it as others do. */
  it('yields to another owner with a higher address', () => {
    const bench = new Bench({ priority: 255 });
    bench.hear(255, LOWER);
    assert.equal(bench.machine.state, 'MASTER');
    bench.hear(255, HIGHER);
    assert.equal(bench.machine.state, 'BACKUP');
  });

  /** RFC 9568 section 6.1: it preempts whatever Preempt_Mode says. */
  it('preempts without preemption', () => {
    const bench = new Bench({ priority: 255, preempt: false });
    bench.hear(255, HIGHER);
    for (let i = 0; i < 4; i++) {
      bench.pass(1000);
      bench.hear(254);
    }
    assert.equal(bench.machine.state, 'MASTER');
  });
});

describe('a MASTER whose advertisements do not leave', () => {
  it('goes on while it hears nobody, and has lost its claim to a worse one that speaks when all have waited', () => {
    const bench = Bench.master({ priority: 150 });
    bench.leaves = false;
    bench.pass(2500);
    bench.hear(100);
    assert.equal(bench.machine.state, 'MASTER', 'they wait still');
    bench.pass(20_000);
    assert.deepEqual(bench.log, []);
    bench.hear(100);
    assert.match(bench.log.join(), /^\d+(\.\d+)? BACKUP cannot advertise$/);
    assert.equal(bench.counted['pauses'], undefined);
  });

  it('has its whole patience from the takeover on: one word that is lost then loses no claim', () => {
    const bench = new Bench({ priority: 150 });
    bench.leaves = false;
    bench.pass(3500);
    bench.leaves = true;
    assert.equal(bench.machine.state, 'MASTER');
    bench.hear(100);
    assert.equal(bench.machine.state, 'MASTER');
  });
});
