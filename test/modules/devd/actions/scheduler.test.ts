/** Which action runs when: on the virtual clock, with commands that only pretend. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { Log, Sysctl, VirtualClock } from '../../../../core/index.js';
import {
  type ActionRun,
  ActionScheduler,
  type ActionTunables,
  actionTunables,
  type CommandEnd,
  type RunningCommand,
  type Spawner,
} from '../../../../modules/devd/actions/index.js';

/**
 * Commands are written as what they do: `name:5` runs for 5 ms, `name:stubborn` ignores SIGTERM, `name:behind` leaves
 * a process in its group that ignores it, `name:immortal` waits ten seconds more for a disk that hangs,
 * `name:bad` fails.
 */
class Pretender implements Spawner {
  readonly journal: string[] = [];
  running = 0;
  mostRunning = 0;

  constructor(private readonly clock: VirtualClock) {}

  spawn(_run: ActionRun, command: string, ended: (end: CommandEnd) => void): RunningCommand {
    const [name, manner = '1'] = command.split(':');
    this.note(`${name} starts`);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    let alive = true;
    const end = (how: CommandEnd, left = false): void => {
      timer.stop();
      this.running--;
      alive = left;
      this.note(`${name} ends`);
      ended(how);
    };
    const normal: CommandEnd = { code: manner === 'bad' ? 3 : 0, signal: null };
    const timer = this.clock.callout(command, () => end(normal));
    timer.reset(manner === 'bad' ? 1 : Number.parseInt(manner, 10) || 1e9);
    const soon = (fn: () => void): void => this.clock.callout(`${command} signal`, fn).reset(1);
    return {
      terminate: () => {
        this.note(`${name} TERM`);
        if (manner !== 'stubborn' && manner !== 'immortal')
          soon(() => end({ code: null, signal: 'SIGTERM' }, manner === 'behind'));
      },
      kill: () => {
        this.note(`${name} KILL`);
        const killed: CommandEnd = { code: null, signal: 'SIGKILL' };
        if (manner === 'stubborn') soon(() => end(killed));
        if (manner === 'immortal') this.clock.callout('disk', () => end(killed)).reset(10_000);
        alive = manner === 'immortal';
      },
      get alive() {
        return alive;
      },
    };
  }

  note(what: string): void {
    this.journal.push(`${this.clock.now()} ${what}`);
  }
}

let clock: VirtualClock;
let spawner: Pretender;
let lines: string[];
let tunables: ActionTunables;
let scheduler: ActionScheduler;

beforeEach(() => {
  clock = new VirtualClock();
  spawner = new Pretender(clock);
  lines = [];
  tunables = actionTunables(new Sysctl());
  const log = new Log(({ level, message }) => level !== 'info' && lines.push(message), clock);
  const soon = (fn: () => void): void => clock.callout('soon', fn).reset(0);
  scheduler = new ActionScheduler({ clock, log, spawner, tunables, soon });
});

const submit = (rule: string, ...commands: string[]): boolean =>
  scheduler.submit({ rule, commands, environment: {} });

const steps = (...rows: string[]): string[] => rows.flatMap((row) => row.split(', '));

describe('ActionScheduler', () => {
  it('runs the actions of a rule one after another, also across records, and rules side by side', async () => {
    submit('r1', 'a:10', 'b:bad');
    submit('r1', 'c:5');
    submit('r2', 'x:8');
    assert.deepEqual(spawner.journal, [], 'nothing starts within submit');
    await clock.runUntilIdle();
    assert.deepEqual(
      spawner.journal,
      steps('0 a starts, 0 x starts, 8 x ends, 10 a ends, 10 b starts, 11 b ends', '11 c starts, 16 c ends'),
    );
    assert.deepEqual(lines, ["r1: 'b:bad': exit status 3"]);
    assert.deepEqual([tunables.started.value, tunables.failed.value], [4, 1]);
    assert.deepEqual([scheduler.running, scheduler.waiting], [0, 0]);
  });

  it('keeps to the concurrency limit, and lets rules take turns', async () => {
    tunables.concurrency.value = 2;
    for (const rule of ['p', 'q', 'r']) for (const n of [1, 2]) submit(rule, `${rule}${n}:10`);
    await clock.runUntilIdle();
    const starts = spawner.journal.filter((line) => line.endsWith('starts'));
    assert.deepEqual(
      starts,
      steps('0 p1 starts, 0 q1 starts, 10 r1 starts, 10 p2 starts, 20 q2 starts, 20 r2 starts'),
    );
    assert.equal(spawner.mostRunning, 2);
  });

  it('ends what takes too long, SIGTERM first; then the next has its turn', async () => {
    tunables.timeout.value = 1000;
    tunables.grace.value = 200;
    submit('r', 'polite:5000', 'stubborn:stubborn', 'next:1');
    await clock.runUntilIdle();
    assert.deepEqual(
      spawner.journal,
      steps(
        '0 polite starts, 1000 polite TERM, 1001 polite ends',
        '1001 stubborn starts, 2001 stubborn TERM, 2201 stubborn KILL, 2202 stubborn ends',
        '2202 next starts, 2203 next ends',
      ),
    );
    assert.deepEqual(
      lines.filter((line) => line.includes('ended by')),
      ["r: 'polite:5000': ended by SIGTERM", "r: 'stubborn:stubborn': ended by SIGKILL"],
    );
    assert.equal(tunables.timeouts.value, 2);
  });

  it('waits for what an ended group leaves, and kills it after the grace', async () => {
    tunables.timeout.value = 1000;
    tunables.grace.value = 250;
    submit('r', 'first:behind', 'next:1');
    await clock.runUntilIdle();
    assert.deepEqual(
      spawner.journal,
      steps(
        '0 first starts, 1000 first TERM, 1001 first ends, 1300 first KILL, 1300 next starts',
        '1301 next ends',
      ),
    );
  });

  it('goes on behind what cannot be killed, which may end later', async () => {
    tunables.concurrency.value = 1;
    tunables.timeout.value = 1000;
    tunables.grace.value = 200;
    submit('r', 'stuck:immortal', 'next:1');
    submit('s', 'other:1');
    await clock.advance(3000);
    const starts = spawner.journal.filter((line) => line.endsWith('starts'));
    assert.deepEqual(starts, steps('0 stuck starts, 2200 next starts, 2201 other starts'));
    assert.match(lines.at(-1)!, /^r: 'stuck:immortal': cannot be killed/);
    assert.equal(tunables.failed.value, 1);
    submit('r', 'late:5000');
    await clock.runUntilIdle();
    assert.deepEqual(spawner.journal.slice(-3), steps('4000 late TERM, 4001 late ends, 11200 stuck ends'));
    assert.deepEqual([scheduler.running, scheduler.waiting], [0, 0]);
  });

  it('has no time limit when that is 0', async () => {
    tunables.timeout.value = 0;
    submit('r', 'long:900000');
    await clock.runUntilIdle();
    assert.deepEqual(spawner.journal, ['0 long starts', '900000 long ends']);
  });

  it('leaves out the oldest of the rule that has the most waiting', async () => {
    tunables.queue.value = 4;
    submit('hangs', 'h0:100');
    submit('calm', 'c0:100');
    await clock.advance(1);
    for (const n of [1, 2, 3]) submit('hangs', `h${n}:1`);
    submit('calm', 'c1:1');
    submit('calm', 'c2:1');
    assert.equal(scheduler.waiting, 4);
    await clock.runUntilIdle();
    const names = spawner.journal.filter((line) => line.endsWith('starts')).map((line) => line.split(' ')[1]);
    assert.deepEqual(new Set(names), new Set(['c0', 'c1', 'c2', 'h0', 'h2', 'h3']));
    assert.equal(tunables.dropped.value, 1);
    assert.match(lines[0]!, /^hangs: too many records are queued/);
  });

  it('goes on with a rule whose only waiting record was left out', async () => {
    tunables.queue.value = 1;
    submit('first', 'lost:1');
    submit('second', 'a:1');
    await clock.runUntilIdle();
    assert.equal(tunables.dropped.value, 1);
    submit('first', 'b:1');
    await clock.runUntilIdle();
    assert.deepEqual(spawner.journal, steps('0 a starts, 1 a ends, 1 b starts, 2 b ends'));
    await scheduler.drain(1000);
    assert.equal(clock.now(), 2, 'nothing is left that a drain would wait for');
  });

  it('follows its limits at once', async () => {
    tunables.concurrency.value = 1;
    for (const n of [1, 2, 3, 4]) submit('hangs', `h${n}:1000`);
    submit('calm', 'c:1');
    await clock.advance(10);
    tunables.concurrency.value = 2;
    await clock.advance(10);
    assert.deepEqual(spawner.journal, steps('0 h1 starts, 10 c starts, 11 c ends'));
    tunables.queue.value = 1;
    assert.equal(scheduler.waiting, 1);
    assert.equal(tunables.dropped.value, 2);
    await clock.runUntilIdle();
    assert.deepEqual(spawner.journal.slice(3), steps('1000 h1 ends, 1000 h4 starts, 2000 h4 ends'));
  });

  it('drains: runs what waits, takes nothing more', async () => {
    submit('r', 'a:10');
    submit('r', 'b:10');
    const drained = scheduler.drain(1000).then(() => spawner.note('drained'));
    assert.equal(submit('r', 'late:1'), false);
    await clock.advance(100);
    await drained;
    assert.deepEqual(spawner.journal, ['0 a starts', '10 a ends', '10 b starts', '20 b ends', '20 drained']);
    assert.equal(clock.armed, 0);
    await scheduler.drain(1000);
  });

  it('drains for so long and no longer', async () => {
    tunables.grace.value = 200;
    submit('r', 'a:stubborn', 'never:1');
    submit('r', 'never:1');
    submit('s', 'b:5000');
    let isDrained = false;
    void scheduler.drain(1000).then(() => {
      isDrained = true;
    });
    await clock.advance(1190);
    assert.equal(isDrained, false);
    await clock.advance(20);
    assert.equal(isDrained, true);
    assert.deepEqual(
      spawner.journal,
      steps('0 a starts, 0 b starts, 1000 a TERM, 1000 b TERM, 1001 b ends, 1200 a KILL', '1201 a ends'),
    );
    assert.equal(clock.armed, 0);
  });

  it('does not wait for ever for what cannot be killed', async () => {
    tunables.grace.value = 200;
    spawner.spawn = () => ({ terminate() {}, kill() {}, alive: true });
    submit('r', 'stuck in the kernel');
    let isDrained = false;
    void scheduler.drain(0).then(() => {
      isDrained = true;
    });
    await clock.advance(1250);
    assert.equal(isDrained, true);
    assert.match(lines.at(-1)!, /1 cannot be killed and are left behind/);
  });

  it('keeps order and limits whatever comes', async () => {
    const run = fc.record({
      rule: fc.constantFrom('a', 'b', 'c', 'd'),
      manner: fc.constantFrom('1', '7', '40', 'bad', 'stubborn', 'behind', '900'),
      commands: fc.integer({ min: 0, max: 3 }),
      pause: fc.integer({ min: 0, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(run, { maxLength: 30 }),
        fc.integer({ min: 1, max: 3 }),
        async (runs, limit) => {
          clock = new VirtualClock();
          const own = new Pretender(clock);
          const settings = actionTunables(new Sysctl());
          settings.concurrency.value = limit;
          settings.timeout.value = 500;
          settings.grace.value = 150;
          const soon = (fn: () => void): void => clock.callout('soon', fn).reset(0);
          const log = new Log(() => {}, clock);
          const all = new ActionScheduler({ clock, log, spawner: own, tunables: settings, soon });
          const wanted: string[] = [];
          for (const [n, { rule, manner, commands, pause }] of runs.entries()) {
            const names = Array.from({ length: commands }, (_, i) => `${rule}-${n}.${i}:${manner}`);
            wanted.push(...names.map((name) => name.split(':')[0]!));
            all.submit({ rule, commands: names, environment: {} });
            clock.advanceSync(pause);
          }
          await clock.runUntilIdle();
          const starts = own.journal
            .filter((line) => line.endsWith('starts'))
            .map((line) => line.split(' ')[1]!);
          const of = (rule: string, names: string[]): string[] =>
            names.filter((name) => name.startsWith(rule));
          for (const rule of 'abcd') assert.deepEqual(of(rule, starts), of(rule, wanted));
          assert.ok(own.mostRunning <= limit);
          assert.deepEqual([own.running, all.running, all.waiting, clock.armed], [0, 0, 0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
