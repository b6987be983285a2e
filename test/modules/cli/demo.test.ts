/** `carpet demo --fast`: the whole demonstration on the virtual clock. In real time: test/lab/demo.timed.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DemoEvent } from '../../../modules/cli/demo/events.js';
import { carpet } from './carpet.js';

type Of<E extends DemoEvent['event']> = Extract<DemoEvent, { event: E }>;

function eventsOf(stdout: string): DemoEvent[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DemoEvent);
}

const only = <E extends DemoEvent['event']>(events: DemoEvent[], kind: E): Of<E>[] =>
  events.filter((event): event is Of<E> => event.event === kind);

describe('carpet demo --fast', () => {
  const { status, stdout, stderr } = carpet(['demo', '--fast', '--json', '--seed', '7']);
  const events = eventsOf(stdout);
  const states = only(events, 'state');
  const masters = states.filter(({ to }) => to === 'MASTER');

  it('ends with exit 0 and says nothing on stderr', () => {
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(events.at(-1)?.event, 'end');
  });

  it('goes through election, takeover, preemption and hand-over', () => {
    const stories = only(events, 'now').map(({ states: now }) => now);
    assert.deepEqual(stories, [
      { alpha: 'MASTER', beta: 'BACKUP', gamma: 'BACKUP' },
      { alpha: 'INIT', beta: 'MASTER', gamma: 'BACKUP' },
      { alpha: 'MASTER', beta: 'BACKUP', gamma: 'BACKUP' },
      { alpha: 'stopped', beta: 'MASTER', gamma: 'BACKUP' },
    ]);
    assert.deepEqual(
      masters.slice(0, 3).map(({ host, reason }) => `${host}: ${reason}`),
      ['alpha: master timed out', 'beta: master timed out', 'alpha: preempting a slower master'],
    );
  });

  it('takes over 3 x advbase + advskew/256 s after the last advertisement', () => {
    const [cut] = only(events, 'link');
    const { t } = masters[1]!;
    assert.equal(cut?.state, 'DOWN');
    // The last advertisement left up to one interval (1 s) before the cut.
    assert.ok(t - cut.t > 2390 && t - cut.t <= 3391.5, `${t - cut.t} ms`);
  });

  it('announces the address within the moment of each takeover, and the client goes there', () => {
    for (const { t, host } of masters) {
      const announced = only(events, 'announce').find((event) => event.host === host && event.t >= t);
      assert.ok(announced !== undefined && announced.t - t <= 5, `${host} at ${t}`);
    }
    const places = only(events, 'reachable').map(({ at }) => at);
    assert.deepEqual(places, ['alpha', 'beta', 'alpha', 'beta']);
  });

  it('calls the handlers of one event in the order of their priorities', () => {
    const calls = only(events, 'handler');
    assert.equal(calls.length, masters.length * 3);
    for (let i = 0; i < calls.length; i += 3) {
      const three = calls.slice(i, i + 3);
      assert.deepEqual(
        three.map(({ handler }) => handler),
        ['database', 'metrics', 'pager'],
      );
      assert.equal(new Set(three.map(({ host, t }) => `${host} ${t}`)).size, 1);
    }
    const [list] = only(events, 'list');
    const priorities = list!.handlers.map(({ priority }) => priority);
    assert.deepEqual(
      priorities,
      priorities.toSorted((a, b) => a - b),
    );
    assert.ok(priorities.length >= 5, 'those of carp and those of the user');
  });

  it('hands over at once when it is stopped: nobody waits for a timeout', () => {
    const [end] = only(events, 'end');
    assert.ok(end!.handoverMs < 10, `${end!.handoverMs} ms`);
    assert.ok(only(events, 'bow-out').some(({ host }) => host === 'alpha'));
  });

  it('repeats byte for byte from its seed, and differs with another', () => {
    assert.equal(carpet(['demo', '--fast', '--json', '--seed', '7']).stdout, stdout);
    const text = carpet(['demo', '--fast', '--seed', 'x']).stdout;
    assert.equal(carpet(['demo', '--fast', '--seed', 'x']).stdout, text);
    assert.notEqual(carpet(['demo', '--fast', '--json', '--seed', '8']).stdout, stdout);
  });

  it('is plain text where nobody can see colours, and fits a terminal of 100 columns', () => {
    const run = carpet(['demo', '--fast']);
    assert.equal(run.status, 0);
    assert.ok(!run.stdout.includes('\u001B'));
    const long = run.stdout.split('\n').filter((line) => line.length > 100);
    assert.deepEqual(long, []);
    assert.match(run.stdout, /beta {4}BACKUP -> MASTER: master timed out/);
    assert.match(run.stdout, /gratuitous ARP: 10\.0\.0\.100 is at 02:00:00:00:00:02/);
  });

  it('needs no native module: raw-socket and koffi may be missing', () => {
    const hook = `export function resolve(name, context, next) {
      if (['raw-socket', 'koffi'].includes(name)) throw new Error('not installed: ' + name);
      return next(name, context);
    }`;
    const toUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(toUrl(hook))});`;
    // Its successor, registerHooks, is not in Node 20.
    const env = { NODE_OPTIONS: `--disable-warning=DEP0205 --import=${toUrl(register)}` };
    const refused = carpet(['demo', '--fast', '--json', '--seed', '7'], env);
    assert.deepEqual([refused.status, refused.stderr], [0, '']);
    assert.equal(refused.stdout, stdout);
  });

  it('answers a wrong option with one line and exit 1', () => {
    const run = carpet(['demo', '--quick']);
    assert.equal(run.status, 1);
    assert.match(run.stderr, /^carpet: .*--quick.*\n$/);
    assert.equal(run.stdout, '');
  });
});
