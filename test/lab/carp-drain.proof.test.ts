/** A drain costs a client that asks every 10 ms nothing, whether carpet or ucarp takes over. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, wallTime } from './support/index.js';
import { CARPET } from './support/pair.js';
import { Requests } from './support/requests.js';
import { ScriptLog } from './support/script-log.js';
import { lostWhile, serve } from './support/service.js';
import { UpHost, upPair } from './support/up-host.js';

const skip = needs('root', 'netns', 'program:ip');
const SHARED = '10.88.0.100';
/** Three requests in a row that have no answer would be seen; one may be under way when the address moves. */
const LIMIT_MS = 35;

/** Drains the host three times, and brings it back. */
async function assertNoneLost(lab: Laboratory, host: UpHost, t: TestContext): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const { sent, lost } = await lostWhile(lab, round, SHARED, async () => {
      await host.carpet('carp', 'drain', '--force');
      await elapse(2000);
      assert.ok(!host.holds);
    });
    t.diagnostic(`${lost.length} of ${sent} requests lost`);
    assert.deepEqual(lost, []);
    const from = host.program.lines.length;
    await host.carpet('carp', 'undrain');
    await host.reaches('MASTER', 5000, from);
    await elapse(1500);
  }
}

function client(lab: Laboratory): Requests {
  return new Requests(lab.host('c', { addresses: ['10.88.0.11/24'], ipv6: false }), SHARED);
}

/** Drains the first host and brings it back. @returns the longest silences of both */
async function drainAndReturn(
  first: UpHost,
  requests: Requests,
  ...more: string[]
): Promise<[number, number]> {
  await requests.answered(8000);
  const begun = wallTime();
  const drained = await first.carpet('carp', 'drain', '--reason', 'new kernel', ...more);
  assert.match(drained.text, /1@eth0 +BACKUP/);
  await elapse(3000);
  assert.ok(!first.holds);
  const left = requests.longestSilence(begun, wallTime() - 100);
  assert.match((await first.carpet('carp', 'demotions')).text, /all +240 +drain .*new kernel/);
  const from = first.program.lines.length;
  const back = wallTime();
  await first.carpet('carp', 'undrain');
  await first.reaches('MASTER', 5000, from);
  await elapse(2000);
  return [left, requests.longestSilence(back, wallTime() - 100)];
}

describe('a drain in a network', { skip }, () => {
  it('loses no request beside carpet, which was never heard: so it asks for --force', async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = await upPair(lab, t);
    for (const { namespace } of [a, b]) Requests.allowAnswers(namespace);
    const requests = client(lab);
    const refused = await a.carpet('carp', 'drain');
    assert.match(refused.text, /^carpet: 1@eth0: no peer was heard/);
    assert.equal(refused.code, 2);
    const silences = await drainAndReturn(a, requests, '--force');
    assert.ok(silences[0] < LIMIT_MS && silences[1] < 200, `silent for ${silences.join(' and ')} ms`);
    t.diagnostic(`longest silence: drain ${silences[0]} ms, undrain ${silences[1]} ms`);
  });

  it('leaves no request of a service without its answer', async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = await upPair(lab, t);
    await serve(SHARED, a.namespace, b.namespace);
    await assertNoneLost(lab, a, t);
  });

  it('outlives a process that is killed: the one that is started next stays away too', async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = await upPair(lab, t);
    const state = join(a.folder, 'state');
    const start = async (): Promise<void> => {
      a.program = a.namespace.node(CARPET, ['up', '-f', a.file, '--state-dir', state]);
      await a.program.waitForLine(/settings 1 in force/, 15_000);
    };
    a.program.kill('SIGTERM');
    await a.program.exited;
    await start();
    await a.reaches('MASTER', 8000);
    await a.carpet('carp', 'drain', '--reason', 'disk');
    assert.ok(!a.holds && b.holds);
    a.program.kill('SIGKILL');
    await a.program.exited;
    await start();
    await elapse(5000);
    assert.ok(!a.holds && b.holds);
    assert.match((await a.carpet('carp', 'demotions')).text, /all +240 +drain .*disk/);
    await a.carpet('carp', 'undrain');
    await a.reaches('MASTER', 5000);
  });

  it('loses no request beside ucarp', { skip: needs('program:ucarp') }, async (t: TestContext) => {
    const lab = Laboratory.open(t);
    const [b, a] = [2, 1].map((n) => lab.host(`h${n}`, { addresses: [`10.88.0.${n}/24`], ipv6: false })) as [
      ReturnType<Laboratory['host']>,
      ReturnType<Laboratory['host']>,
    ];
    for (const host of [a, b]) Requests.allowAnswers(host);
    const scripts = new ScriptLog(t);
    const words = `-i eth0 -v 1 -p secret -a ${SHARED} -s 10.88.0.2 -k 100 -f none`.split(' ');
    const ucarp = b.spawn(['ucarp', ...words, '-u', scripts.up, '-d', scripts.down]);
    await ucarp.waitForLine(/Switching to state: MASTER/, 8000);
    const first = new UpHost(a, 0, t);
    await first.start();
    await first.reaches('MASTER', 8000);
    const requests = client(lab);
    await elapse(3000);
    const silences = await drainAndReturn(first, requests);
    assert.ok(silences[0] < LIMIT_MS, `silent for ${silences.join(' and ')} ms`);
    t.diagnostic(`longest silence: drain ${silences[0]} ms, undrain ${silences[1]} ms`);
    await serve(SHARED, a, b);
    await assertNoneLost(lab, first, t);
  });
});
