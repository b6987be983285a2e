/** `npm run explore` in its short form: every schedule to a small depth, and faults put into the code, which it must find. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MasterWatch } from '../../modules/carp/election/master-watch.js';
import { TieBreak } from '../../modules/carp/election/tie-break.js';
import { CarpElector } from '../../modules/carp/elector.js';
import { InetAddress } from '../../modules/ifnet/index.js';
import { VipService } from '../../modules/vip/index.js';
import { Choices } from './choices.js';
import { type Exploration, Search, type SearchLimits } from './search.js';
import { EXPLORE_DEFAULTS, type ExploreSettings } from './settings.js';
import { ExploredWorld } from './world.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const TWO: ExploreSettings = {
  ...EXPLORE_DEFAULTS,
  skews: [0, 100],
  preempt: false,
  election: 'auto',
  depth: 9,
};
const TWINS: ExploreSettings = { ...TWO, skews: [0, 0] };
const THREE: ExploreSettings = { ...TWO, skews: [0, 100, 200], preempt: true, depth: 6 };

async function explore(settings: ExploreSettings, limits: SearchLimits = {}): Promise<Exploration> {
  const world = await new ExploredWorld(settings).make();
  const found = await new Search(world, limits).run();
  if (found.violation === undefined) await world.close();
  return found;
}

/** Another method in the place of a class's own, which it is given. */
function wrap<C extends object, K extends keyof C>(
  t: TestContext,
  prototype: C,
  name: K,
  around: C[K] extends (...args: infer A) => infer R
    ? (this: C, method: (...args: A) => R, ...args: A) => R
    : never,
): void {
  const method = prototype[name] as (...args: unknown[]) => unknown;
  const outer = around as (...args: unknown[]) => unknown;
  Object.defineProperty(prototype, name, {
    configurable: true,
    writable: true,
    value(this: C, ...args: unknown[]) {
      return outer.call(this, method.bind(this), ...args);
    },
  });
  t.after(() =>
    Object.defineProperty(prototype, name, { configurable: true, writable: true, value: method }),
  );
}

test('a search takes every alternative of every decision once, the first one first', () => {
  const runs: string[] = [];
  const choices = new Choices([], 3);
  do {
    choices.rewind(0);
    let run = String(choices.take(2));
    run += choices.take(1);
    if (run === '10') run += choices.take(3);
    run += choices.take(2);
    run += choices.take(2);
    runs.push(run);
  } while (choices.advance() !== undefined);
  const [after0, after1] = [
    ['00', '01', '10', '11'],
    ['000', '010', '100', '110', '200', '210'],
  ];
  assert.deepEqual(runs, [...after0.map((rest) => `00${rest}`), ...after1.map((rest) => `10${rest}`)]);
});

for (const settings of [
  TWO,
  TWINS,
  { ...TWINS, election: 'ucarp' as const },
  { ...TWO, election: 'bsd' as const, preempt: true },
  THREE,
]) {
  const { skews, election, preempt, depth } = settings;
  const title = `advskew ${skews.join('/')}, ${election}${preempt ? ', preempt' : ''}`;
  test(`${title}: every schedule of ${depth} decisions leaves one MASTER, and one fingerprint has one future`, async () => {
    const found = await explore(settings, { compareEvery: 10 });
    assert.equal(found.violation, undefined);
    assert.ok(found.complete && found.deepest === depth && found.states > 300, JSON.stringify(found));
    assert.ok(found.compared > 5, `${found.compared} compared`);
  });
}

test('it finds a tie-break that is turned round on one of two hosts: each takes itself for the winner', async (t) => {
  wrap(t, CarpElector.prototype, 'contender', (contender, family) => {
    const own = contender(family);
    return own.source?.toString() === '10.0.0.2' ? { ...own, source: InetAddress.parse('10.0.0.0') } : own;
  });
  const { violation } = await explore({ ...TWINS, election: 'ucarp' });
  assert.equal(violation?.what, '2 MASTERs are left');
  assert.ok(
    violation.journal.some((line) => / a: BACKUP -> MASTER/.test(line)),
    violation.journal.join('\n'),
  );
});

test('it finds a tie that nobody loses', async (t) => {
  t.mock.method(TieBreak.prototype, 'judge', () => 'stay');
  const { violation } = await explore(TWINS);
  assert.equal(violation?.what, '2 MASTERs are left');
});

test('it finds a BACKUP that does not wait anew for a master that it hears', async (t) => {
  wrap(t, MasterWatch.prototype, 'arm', function (this: MasterWatch, arm, family, deadline, now) {
    if (!this.waits(family)) arm(family, deadline, now);
  });
  const { violation } = await explore(TWO);
  assert.match(violation?.what ?? '', /not quiet|for ever/);
});

test('it finds addresses that do not follow the state', async (t) => {
  t.mock.method(VipService.prototype, 'follow', () => {});
  const { violation } = await explore(TWO);
  assert.match(violation?.what ?? '', /is MASTER and holds: false/);
});

test('it finds that a host is not again as it was when a search goes back to it', async (t) => {
  wrap(t, TieBreak.prototype, 'adopt', (adopt, state) => adopt({ ...state, meetings: [] }));
  const { violation } = await explore(TWINS, { compareEvery: 3 });
  assert.match(
    violation?.what ?? '',
    /a state that was kept differs from what its decisions lead to|one fingerprint differ/,
  );
});

test('the command prints states and rate, and each mistake of usage in one line', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  const { stdout, status } = run('--depth', '4', '--skews', 'equal', '--preempt', 'no', '--election', 'auto');
  assert.match(
    stdout,
    /^advskew 0\/0, auto: all schedules; \d+ states, 4 decisions, \d+ runs, \d+ steps, \d+ states\/s/,
  );
  assert.equal(status, 0);
  for (const args of [
    ['--hosts', '9'],
    ['--skews', 'odd'],
  ]) {
    const { stderr, status } = run(...args);
    assert.match(stderr, /^npm run explore: [^\n]+\n$/);
    assert.equal(status, 1);
  }
});
