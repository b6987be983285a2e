/**
 * A module that fails in forty ways beside a MASTER whose BACKUP is Debian's ucarp: no transition, and no advertisement
 * late, wherever it runs.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../support/needs.js';
import { measured } from './support/bound.js';
import { begun, KINDS, RETURNING_KINDS } from './support/hostile.js';
import { elapse, isAdvertisement, Laboratory, waitFor } from './support/index.js';
import { UpHost } from './support/up-host.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:tcpdump');
const HOSTILE = fileURLToPath(new URL('./support/hostile.js', import.meta.url));
const ADVBASE_MS = 1000;
const WORKER = '{ in: worker, stallMs: 300, memoryMb: 64, restart: { max: 1000, delayMs: 10 } }';

/** Milliseconds by which each advertisement was late: its interval, less the nominal one. */
async function lateness(
  t: TestContext,
  kinds: readonly string[],
  isolate: string | undefined,
): Promise<number[]> {
  const lab = Laboratory.open(t);
  const capture = await lab.capture('proto 112');
  const host = new UpHost(lab.host('a', { addresses: ['10.88.0.1/24'], ipv6: false }), 0, t);
  const peer = lab.host('b', { addresses: ['10.88.0.2/24'], ipv6: false });
  const ledger = join(host.folder, 'ledger');
  const where = isolate === undefined ? '' : `isolate: ${isolate}, `;
  await host.start(`  ${HOSTILE}: { ${where}ledger: ${ledger}, worker: ${isolate !== undefined} }\n`);
  await host.reaches('MASTER', 8000);
  const args = '-i eth0 -v 1 -p secret -a 10.88.0.100 -s 10.88.0.2 -k 100 -u /bin/true -d /bin/true -f none';
  const ucarp = peer.spawn(['ucarp', ...args.split(' ')]);
  await ucarp.waitForLine(/state: BACKUP/, 5000);
  const text = (): string => `${begun(ledger).join(', ')}\n${host.program.text.slice(-5000)}`;
  await waitFor('every kind', 60_000, () => begun(ledger).length === kinds.length, text);
  await elapse(1500);
  assert.deepEqual(begun(ledger), kinds);
  assert.equal(host.transitions, 2, `INIT -> BACKUP -> MASTER, and no more:\n${text()}`);
  assert.equal(ucarp.matching(/state: MASTER/).length, 0, 'ucarp has never taken over');
  assert.ok(host.holds);
  const sent = capture.where((frame) => isAdvertisement(frame, '10.88.0.1')).map(({ time }) => time);
  assert.equal(capture.where((frame) => isAdvertisement(frame, '10.88.0.2')).length, 0);
  const late = sent.slice(1).map((time, i) => time - sent[i]! - ADVBASE_MS);
  const sorted = late.toSorted((a, b) => a - b);
  t.diagnostic(
    `${kinds.length} kinds, ${late.length} intervals: late by ${sorted.at(-1)!.toFixed(2)} ms at most, ${sorted[sorted.length >> 1]!.toFixed(2)} in the middle`,
  );
  // What never settles would keep the shutdown waiting.
  await host.program.end('SIGKILL');
  return late;
}

test('in a worker: no advertisement is more than 5 ms late, whatever it does', { skip }, async (t) => {
  assert.ok(KINDS.length >= 30);
  const within = (late: number[]) => Math.max(...late) < 5;
  const late = await measured(t, () => lateness(t, KINDS, WORKER), within);
  assert.ok(within(late), late.map((each) => each.toFixed(2)).join(' '));
});

test("on the kernel's thread: none is more than 20 ms late by what returns", { skip }, async (t) => {
  const within = (late: number[]) => Math.max(...late) < 20;
  const late = await measured(t, () => lateness(t, RETURNING_KINDS, undefined), within);
  assert.ok(within(late), late.map((each) => each.toFixed(2)).join(' '));
});
