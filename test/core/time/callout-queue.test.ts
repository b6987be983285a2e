/** The order of armed callouts, compared with the simplest that could be right: a list that is searched. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../core/index.js';
import { CalloutQueue, type HeapEntry } from '../../../core/time/callout-queue.js';

class Entry implements HeapEntry {
  deadline = 0;
  heapIndex = -1;
  sequence = 0;
}

/** Callouts, armed and disarmed at random; deadlines come in few values, so that many are equal. */
class Scenario {
  readonly random;
  readonly entries = Array.from({ length: 200 }, () => new Entry());
  /** Those that are armed, in the order of arming. */
  armed: Entry[] = [];
  /** When whoever is told of news would look: early does no harm. */
  timer = Number.POSITIVE_INFINITY;
  readonly queue = new CalloutQueue<Entry>(() => {
    this.timer = this.queue.earliest?.deadline ?? Number.POSITIVE_INFINITY;
  });

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  arm(entry: Entry, deadline: number): void {
    entry.deadline = deadline;
    this.#leave(entry);
    this.armed.push(entry);
    this.queue.arm(entry);
  }

  disarm(entry: Entry): void {
    assert.equal(this.queue.disarm(entry), this.#leave(entry));
    assert.equal(entry.heapIndex, -1);
  }

  get inOrder(): Entry[] {
    return this.armed.toSorted((a, b) => a.deadline - b.deadline);
  }

  step(): void {
    const entry = this.entries[this.random.below(this.entries.length)]!;
    const deadline = this.random.below(40);
    // As timeouts do, a third of all goes to a later time.
    if (this.random.below(3) === 0) this.disarm(entry);
    else this.arm(entry, this.random.below(3) === 0 ? entry.deadline + deadline : deadline);
  }

  #leave(entry: Entry): boolean {
    const was = this.armed.includes(entry);
    this.armed = this.armed.filter((each) => each !== entry);
    return was;
  }
}

describe('the order of callouts', () => {
  it('is that of their deadlines, and of equal ones that of arming, whatever is armed, put off and stopped', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const scenario = new Scenario(seed);
      for (let i = 0; i < 1000; i++) {
        scenario.step();
        assert.equal(scenario.queue.size, scenario.armed.length);
        assert.ok(scenario.timer <= (scenario.inOrder[0]?.deadline ?? Number.POSITIVE_INFINITY));
        if (i % 10 > 0) continue;
        assert.equal(scenario.queue.earliest, scenario.inOrder[0]);
        assert.deepEqual(scenario.queue.inOrder(), scenario.inOrder);
      }
    }
  });

  it('lets the timer stop when none is left', () => {
    const scenario = new Scenario(1);
    const [a, b] = scenario.entries as [Entry, Entry];
    scenario.arm(a, 5);
    scenario.arm(b, 7);
    scenario.disarm(b);
    assert.equal(scenario.timer, 5);
    scenario.disarm(a);
    assert.equal(scenario.timer, Number.POSITIVE_INFINITY);
  });

  it('is that in which they are taken, up to the present', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const scenario = new Scenario(seed);
      for (let i = 0; i < 500; i++) scenario.step();
      const now = scenario.inOrder[scenario.armed.length >> 1]!.deadline;
      const due = scenario.inOrder.filter(({ deadline }) => deadline <= now);
      assert.deepEqual(
        due.map(() => scenario.queue.takeDue(now)),
        due,
      );
      assert.equal(scenario.queue.takeDue(now), undefined);
      assert.equal(scenario.queue.size, scenario.armed.length - due.length);
    }
  });

  it('takes nothing that was armed after the mark', () => {
    const scenario = new Scenario(1);
    const [a, b] = scenario.entries as [Entry, Entry];
    scenario.arm(a, 5);
    const { mark } = scenario.queue;
    scenario.arm(b, 5);
    assert.equal(scenario.queue.takeDue(5, mark), a);
    scenario.arm(a, 0);
    assert.equal(scenario.queue.takeDue(5, mark), undefined);
  });

  it('lets nothing that was armed for the past after the mark keep back what is due', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const scenario = new Scenario(seed);
      for (let i = 0; i < 500; i++) scenario.step();
      const now = scenario.inOrder[scenario.armed.length >> 1]!.deadline;
      const { mark } = scenario.queue;
      const due = scenario.inOrder.filter(({ deadline }) => deadline <= now);
      const late = scenario.entries.filter((entry) => !scenario.armed.includes(entry)).slice(0, 5);
      for (const entry of late) scenario.arm(entry, -1 - scenario.random.below(3));
      assert.deepEqual(
        due.map(() => scenario.queue.takeDue(now, mark)),
        due,
      );
      assert.equal(scenario.queue.takeDue(now, mark), undefined);
      // They are due in the next round, and can be stopped and put off until then.
      scenario.disarm(late[0]!);
      scenario.arm(late[1]!, now + 100);
      const [, , ...rest] = late;
      const next = rest.map(() => scenario.queue.takeDue(now, scenario.queue.mark));
      assert.deepEqual(new Set(next), new Set(rest));
      assert.equal(scenario.queue.takeDue(now, scenario.queue.mark), undefined);
    }
  });

  it('tells them by a place in a thousand as in three', () => {
    const { queue } = new Scenario(1);
    const entries = Array.from({ length: 1000 }, (_, i) => Object.assign(new Entry(), { deadline: 999 - i }));
    for (const entry of entries) queue.arm(entry);
    assert.deepEqual(
      queue.filter(({ deadline }) => deadline < 2).map(({ deadline }) => deadline),
      [0, 1],
    );
    const taken = entries.map(() => queue.takeDue(1000)?.deadline);
    assert.deepEqual(
      taken,
      entries.map((_, i) => i),
    );
  });
});
