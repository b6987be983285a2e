/**
 * The model of ucarp that simulations use, held against Debian's ucarp: the same scripted histories must lead to the same
 * states in the same order, and the real one takes over when one of the model's would.
 *
 * What the model leaves out: ucarp looks at the carrier once in an interval and then every ten seconds (nothing here cuts a
 * cable), runs its scripts in between (there are none), stops when the interface is set down, and follows steps of the
 * wall clock.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seededRandom, VirtualClock } from '../../core/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import { ModelUcarp } from '../sim/carp/model-ucarp.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Program, wallTime } from './support/index.js';

const skip = needs('root', 'netns', 'program:ucarp', 'program:ip');
const SHARED = '10.88.0.100';
const RUNS = 40;
/** What a busy machine adds. */
const TOLERANCE_MS = 400;

interface Step {
  /** Ms since the step before. */
  readonly after: number;
  readonly host: 'a' | 'b';
  readonly action: 'start' | 'kill';
}

interface History {
  readonly title: string;
  readonly skews: Readonly<Record<'a' | 'b', number>>;
  readonly preempt: boolean;
  readonly steps: readonly Step[];
  /** How long to watch after the last step, in ms. */
  readonly watched: number;
}

const start = (host: 'a' | 'b', after = 0): Step => ({ after, host, action: 'start' });
const kill = (host: 'a' | 'b', after: number): Step => ({ after, host, action: 'kill' });

const HISTORIES: readonly History[] = [
  {
    title: 'the master dies',
    skews: { a: 0, b: 50 },
    preempt: false,
    steps: [start('a'), start('b', 5300), kill('a', 3700)],
    watched: 6500,
  },
  {
    title: 'a better one comes, and preempts',
    skews: { a: 100, b: 0 },
    preempt: true,
    steps: [start('a'), start('b', 6200)],
    watched: 6000,
  },
  {
    title: 'a better one comes, and does not preempt',
    skews: { a: 100, b: 0 },
    preempt: false,
    steps: [start('a'), start('b', 6200)],
    watched: 6000,
  },
  {
    title: 'the lower address of two equals comes back',
    skews: { a: 0, b: 0 },
    preempt: false,
    steps: [start('a'), start('b', 5000), kill('a', 3000), start('a', 7000)],
    watched: 6000,
  },
];

/** The states of each host in their order, and when the last of them began, in ms since the last step. */
interface Course {
  readonly states: string;
  readonly lastAt: number;
}

function courseOf(
  changes: readonly { readonly host: string; readonly state: string; readonly at: number }[],
  lastStep: number,
): Course {
  const of = (host: string): string =>
    changes
      .filter((change) => change.host === host)
      .map(({ state }) => state[0])
      .join('');
  return { states: `a ${of('a')}, b ${of('b')}`, lastAt: (changes.at(-1)?.at ?? 0) - lastStep };
}

/** What the model makes of it. */
function model({ skews, preempt, steps, watched }: History, seed: number): Course {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const lan = new Lan({ clock, random });
  const running = new Map<string, ModelUcarp>();
  const changes: { host: string; state: string; at: number }[] = [];
  const known = new Map<string, string>();
  const pass = (ms: number): void => {
    for (let t = 0; t < ms; t += 5) {
      clock.advanceSync(5);
      for (const [host, { state }] of running) {
        if (known.get(host) === state) continue;
        known.set(host, state);
        changes.push({ host, state, at: clock.now() });
      }
    }
  };
  let lastStep = 0;
  for (const { after, host, action } of steps) {
    pass(after);
    lastStep = clock.now();
    if (action === 'start') {
      const source = host === 'a' ? '10.88.0.1' : '10.88.0.2';
      const options = {
        name: `${host} ${lastStep}`,
        lan,
        random,
        source,
        shared: SHARED,
        password: 'secret',
      };
      running.set(host, new ModelUcarp({ ...options, advskew: skews[host], preempt }));
    } else {
      running.get(host)!.stop();
      running.get(host)!.port[Symbol.dispose]();
      running.delete(host);
    }
    known.delete(host);
    pass(0);
  }
  pass(watched);
  for (const peer of running.values()) peer.stop();
  return courseOf(changes, lastStep);
}

/** What ucarp makes of it. */
async function real(t: TestContext, { skews, preempt, steps, watched }: History): Promise<Course> {
  const lab = Laboratory.open(t);
  const hosts = {
    a: lab.host('a', { addresses: ['10.88.0.1/24'], ipv6: false }),
    b: lab.host('b', { addresses: ['10.88.0.2/24'], ipv6: false }),
  };
  const lives: { readonly host: 'a' | 'b'; readonly program: Program }[] = [];
  const begun = wallTime();
  let [due, lastStep] = [0, 0];
  for (const { after, host, action } of steps) {
    due += after;
    await elapse(Math.max(0, begun + due - wallTime()));
    lastStep = wallTime();
    if (action === 'kill') lives.findLast((life) => life.host === host)!.program.kill('SIGKILL');
    else {
      const source = host === 'a' ? '10.88.0.1' : '10.88.0.2';
      const options = `-i eth0 -v 1 -p secret -a ${SHARED} -s ${source} -f none -k ${skews[host]}`.split(' ');
      lives.push({ host, program: hosts[host].spawn(['ucarp', ...options, ...(preempt ? ['-P'] : [])]) });
    }
  }
  await elapse(watched);
  const changes = lives.flatMap(({ host, program }) =>
    program
      .matching(/Switching to state: /)
      .map(({ text, time }) => ({ host, state: /state: (\w+)/.exec(text)![1]!, at: time })),
  );
  for (const { program } of lives) if (program.running) program.kill('SIGKILL');
  return courseOf(
    changes.toSorted((x, y) => x.at - y.at),
    lastStep,
  );
}

test("the model of ucarp goes through scripted histories as Debian's ucarp does", { skip }, async (t) => {
  const courses = await Promise.all(HISTORIES.map((history) => real(t, history)));
  for (const [i, history] of HISTORIES.entries()) {
    const modelled = Array.from({ length: RUNS }, (_, seed) => model(history, seed));
    const times = modelled.map(({ lastAt }) => lastAt);
    const [least, most] = [Math.min(...times), Math.max(...times)].map(Math.round) as [number, number];
    const { states, lastAt } = courses[i]!;
    t.diagnostic(
      `${history.title}: ${states}; last change after ${Math.round(lastAt)} ms, of the model's ${least} to ${most}`,
    );
    const likely = new Set(modelled.map((course) => course.states));
    assert.ok(likely.has(states), `${history.title}: ucarp ${states}; the model ${[...likely].join(' or ')}`);
    assert.ok(
      lastAt > least - TOLERANCE_MS && lastAt < most + TOLERANCE_MS,
      `${history.title}: ${lastAt} ms, the model ${least} to ${most}`,
    );
  }
});
