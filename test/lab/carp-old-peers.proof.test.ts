/**
 * What a stranger without the password can do to a carpet beside peers that do not seal: Debian's ucarp, and a carpet
 * with `seal` `off`. The bounds are those of docs/carp.md ("What remains without seals"), and what is measured is printed.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { altered } from '../modules/carp/support/altered.js';
import { needs } from '../support/needs.js';
import { CarpetCarp, type CarpLine } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace, type Program, waitFor } from './support/index.js';
import { SHARED_VHID, Siege, Stranger } from './support/siege.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:ip');
const MASTER = '10.88.0.1';
const BOW_OUT = { advbase: 255, advskew: 255 };
const BETTER = { advbase: 0, advskew: 0 };
/** 50/256 s between advertisements; dead after three of them. */
const FAST = { advbase: 0, advskew: 50 };
const FAST_DEAD_MS = (3 * 50 * 1000) / 256;
/** 1/256 s between advertisements: a thousand counters in four seconds. */
const TALKATIVE = ['-b', '0', '-k', '1'];
const ONE_SECOND = ['-b', '1', '-k', '0'];
/** What a busy machine may add to a time that two processes and their output take part in. */
const SLACK_MS = 250;

/** A ucarp, and the host of a carpet that is its BACKUP or in its place. */
class Beside extends Stranger {
  readonly #peer: Namespace;
  readonly #host: Namespace;
  ucarp: Program | undefined;
  carpet!: CarpetCarp;

  constructor(lab: Laboratory) {
    super(lab);
    this.#peer = lab.host('u', { addresses: [`${MASTER}/24`], ipv6: false });
    this.#host = lab.host('c', { addresses: ['10.88.0.2/24'], ipv6: false });
  }

  /** Starts a ucarp, in place of the one that runs. */
  async peer(...options: string[]): Promise<void> {
    this.ucarp?.kill('SIGKILL');
    const words = `-i eth0 -v 7 -p secret -a 10.88.0.100 -s ${MASTER} -f none -P`.split(' ');
    this.ucarp = this.#peer.spawn(['ucarp', ...words, ...options]);
    await this.ucarp.waitForLine(/state: MASTER/, 8000);
  }

  /** Starts a carpet, in place of the one that runs: it has heard nothing. */
  async start(options: Partial<CarpVhidOptions>, state = 'BACKUP'): Promise<void> {
    this.carpet?.program.kill('SIGKILL');
    this.carpet = new CarpetCarp(this.#host, [{ ...SHARED_VHID, advskew: 50, ...options }]);
    await this.carpet.reaches(state, 8000);
  }

  /** Waits for as many advertisements of the ucarp. */
  async record(count: number): Promise<readonly Uint8Array[]> {
    await waitFor('advertisements', 20_000, () => this.recorded().length >= count);
    return this.recorded().slice();
  }

  async counted(name: string): Promise<number> {
    const { statistics } = (await this.carpet.status()) as unknown as { statistics: Record<string, number> };
    return statistics[name]!;
  }
}

/** The milliseconds that a carpet spent in a state, of changes that begin with entering it. */
function spent(state: string, changes: readonly CarpLine[]): number {
  const times = changes.map(({ time, to }, i) => (to === state ? (changes[i + 1]?.time ?? time) - time : 0));
  return times.reduce((sum, ms) => sum + ms, 0);
}

/** Says what was measured, and holds it to its bound. */
function within(t: TestContext, what: string, ms: number, bound: number): void {
  t.diagnostic(`${what}: ${Math.round(ms)} ms (bound ${Math.round(bound)})`);
  assert.ok(ms <= bound + SLACK_MS, `${what}: ${ms} ms, more than ${bound}`);
}

for (const replay of ['window', 'strict'] as const) {
  test(`the latest thousand of a ucarp change nothing, an older one works once, for an interval: ${replay}`, {
    skip,
  }, async (t) => {
    using siege = new Beside(Laboratory.open(t));
    await siege.peer(...TALKATIVE);
    await siege.start({ replay, advbase: 1 });
    await elapse(300);
    const before = siege.recorded().length;
    const words = (await siege.record(before + 1500)).slice(before);
    const known = siege.carpet.lines.length;
    for (const word of words.slice(-1000)) siege.say(MASTER, altered(word, BOW_OUT));
    await elapse(1500);
    assert.deepEqual(siege.carpet.changes(known), []);
    const refused = await siege.counted('replayed');
    assert.ok(refused >= 1000, `${refused} were refused as replayed`);
    // Older than 1088 counters. It is told to the carpet while the ucarp speaks once a second.
    await siege.peer(...ONE_SECOND);
    await elapse(1500);
    assert.deepEqual(siege.carpet.changes(known), []);
    siege.say(MASTER, altered(words[0]!, BOW_OUT));
    await elapse(2500);
    const changes = siege.carpet.changes(known);
    assert.deepEqual(
      changes.map(({ to }) => to),
      ['MASTER', 'BACKUP'],
    );
    within(t, `two MASTERs by one older word, ${replay}`, spent('MASTER', changes), 1000);
    siege.say(MASTER, altered(words[0]!, BOW_OUT));
    await elapse(1500);
    assert.equal(siege.carpet.changes(known).length, 2, 'a second time it does nothing');
  });
}

for (const [replay, dead] of [
  ['window', 9],
  ['strict', 1],
] as const) {
  test(`what a dead ucarp said, again and again, delays the takeover by ${dead - 1} dead times at most: ${replay}`, {
    skip,
  }, async (t) => {
    using siege = new Beside(Laboratory.open(t));
    await siege.peer(...TALKATIVE);
    await siege.start({ ...FAST, replay });
    await elapse(300);
    const words = (await siege.record(siege.recorded().length + 400)).slice(-400);
    // Each sign of life must rise above the one before it.
    const rising = words.toSorted((a, b) => Buffer.compare(a.subarray(8, 16), b.subarray(8, 16)));
    const known = siege.carpet.lines.length;
    siege.ucarp!.kill('SIGKILL');
    const died = Date.now();
    let next = died + FAST_DEAD_MS - 50;
    for (const word of rising) {
      // Right before the takeover, when a repetition is worth most.
      while (Date.now() < next && siege.carpet.changes(known).length === 0) await elapse(2);
      if (siege.carpet.changes(known).length > 0) break;
      siege.say(MASTER, word);
      next = Date.now() + FAST_DEAD_MS - 50;
    }
    const [taken] = siege.carpet.changes(known);
    assert.equal(taken?.to, 'MASTER');
    within(t, `until the takeover, ${replay}`, taken.time - died, dead * FAST_DEAD_MS);
    const least = replay === 'window' ? 4 : 0.5;
    assert.ok(taken.time - died > least * FAST_DEAD_MS, 'the attack has its effect');
  });
}

for (const seal of ['auto', 'require'] as const) {
  test(`what a ucarp said before a carpet started, with seal ${seal}: ${
    seal === 'auto' ? 'each word works once, n make an outage of n dead times' : 'nothing works'
  }`, { skip }, async (t) => {
    using siege = new Beside(Laboratory.open(t));
    await siege.peer(...TALKATIVE);
    const words = (await siege.record(100)).slice(-5);
    siege.ucarp!.kill('SIGKILL');
    await siege.start({ ...FAST, seal }, 'MASTER');
    await elapse(500);
    const known = siege.carpet.lines.length;
    for (const word of words) {
      siege.say(MASTER, altered(word, BETTER));
      await elapse(FAST_DEAD_MS - 40);
    }
    await elapse(2 * FAST_DEAD_MS);
    const changes = siege.carpet.changes(known);
    if (seal === 'require') return assert.deepEqual(changes, []);
    assert.equal(changes.at(-1)?.to, 'MASTER');
    within(t, 'no MASTER by five words', spent('BACKUP', changes), 5 * FAST_DEAD_MS);
    assert.ok(spent('BACKUP', changes) > 2 * FAST_DEAD_MS, 'the attack has its effect');
    for (const word of words) siege.say(MASTER, altered(word, BETTER));
    await elapse(2 * FAST_DEAD_MS);
    assert.equal(siege.carpet.changes(known).length, changes.length, 'a second time they do nothing');
  });
}

test('a carpet without seals: what was heard of it works never, what was not once, until it is heard again', {
  skip,
}, async (t) => {
  using siege = await Siege.lay(Laboratory.open(t), { ...FAST, seal: 'off' }, { ...FAST, seal: 'auto' });
  await elapse(6000);
  const words = siege.recorded().slice();
  assert.ok(words.length > 25);
  const before = siege.changes();
  for (const word of words) {
    for (const source of [MASTER, '10.88.0.77']) siege.say(source, altered(word, BOW_OUT));
    await elapse(5);
  }
  await elapse(1000);
  assert.deepEqual(siege.changes(), before, 'of what was heard, however old');
  // The BACKUP starts anew, and is told an old word before the master's next one.
  const again = siege.restart('second');
  await again.reaches('BACKUP', 8000);
  siege.say(MASTER, altered(words.at(-3)!, BOW_OUT));
  await elapse(1500);
  const changes = again.changes();
  t.diagnostic(`states of the one that started again: ${changes.map(({ to }) => to).join(', ')}`);
  within(t, 'two MASTERs after the restart', spent('MASTER', changes), (50 * 1000) / 256);
  assert.equal(again.state(), 'BACKUP');
  const settled = siege.changes();
  for (const word of words) {
    siege.say(MASTER, altered(word, BOW_OUT));
    await elapse(5);
  }
  await elapse(1000);
  assert.deepEqual(siege.changes(), settled, 'once the master was heard');
});
