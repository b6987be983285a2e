/** `carpet why` on two real hosts: through its command, before and after a master is killed, frozen and thawed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WhyAnswer } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory } from './support/index.js';
import { type UpHost, upPair } from './support/up-host.js';

const skip = needs('root', 'netns', 'native', 'program:ip');

async function why(host: UpHost): Promise<WhyAnswer> {
  const { code, text } = await host.carpet('why', '1@eth0', '--json');
  assert.equal(code, 0, text);
  return (JSON.parse(text) as WhyAnswer[])[0]!;
}

test('why says what a failover was about', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [a, b] = await upPair(lab, t);
  await elapse(3000);
  const before = await why(b);
  assert.deepEqual(
    [before.state, before.obstacles, before.master?.address],
    ['BACKUP', ['a better master'], '10.88.0.1'],
  );
  assert.ok(
    before.peers[0]!.gaps.length >= 2 && before.peers[0]!.gaps.every((gap) => gap > 800 && gap < 1500),
  );

  a.program.kill('SIGSTOP');
  await b.reaches('MASTER', 10_000);
  const after = await why(b);
  assert.deepEqual([after.state, after.reason], ['MASTER', 'master timed out']);
  assert.match(
    after.changes[0]!.evidence!,
    /^nothing was heard of 10\.88\.0\.1 for 3\.\d\d s, after gaps of .*this process was on time/,
  );
  assert.equal(b.program.matching(/1@eth0: nothing was heard of 10\.88\.0\.1/).length, 1);

  // It stood still for longer than its peer waits, and says so; being preferred, it takes the address back.
  const from = a.program.lines.length;
  a.program.kill('SIGCONT');
  await a.reaches('MASTER', 10_000, from);
  assert.ok(a.program.matching(/1@eth0: this process or the machine stood still/).length <= 1);
  const { code, text } = await a.carpet('why');
  assert.equal(code, 0);
  assert.match(
    text,
    /^1@eth0 is MASTER on this host since .*\nThis host is the MASTER; no other MASTER is heard\.\n/,
  );
});
