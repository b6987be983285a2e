// These sleep for a few milliseconds of real time: that is what they test.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { SystemClock } from '../../../core/time/index.js';

test('a callout runs at or after its deadline, never before, and says how late', async () => {
  const clock = new SystemClock();
  for (const wait of [0, 1, 2.3, 7.9]) {
    const armedAt = clock.now();
    const late = await new Promise<number>((resolve) => clock.callout('x', resolve).reset(wait));
    const took = clock.now() - armedAt;
    assert.ok(took >= wait, `${took} ms of ${wait}`);
    assert.ok(late >= 0 && late <= took);
  }
});

test('an earlier callout armed later overtakes', async () => {
  const clock = new SystemClock();
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    clock
      .callout('slow', () => {
        seen.push('slow');
        resolve();
      })
      .reset(30);
    clock.callout('fast', () => seen.push('fast')).reset(5);
  });
  assert.deepEqual(seen, ['fast', 'slow']);
  assert.equal(clock.armed, 0);
});

test('a stopped callout does not keep the process alive', () => {
  const url = new URL('../../../core/time/index.js', import.meta.url).href;
  const script = `import { SystemClock } from '${url}'; const c = new SystemClock().callout('x', () => {}); c.reset(60000); c.stop();`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
  assert.equal(status, 0);
});

test('a callout that throws ends the process with its name, after the others that were due have run', () => {
  const url = new URL('../../../core/time/index.js', import.meta.url).href;
  const script = `import { SystemClock } from '${url}'; const c = new SystemClock();
    c.callout('bad one', () => { throw new Error('why') }).reset(1);
    c.callout('good', () => console.log('good ran')).reset(1);
    const both = performance.now() + 20; while (performance.now() < both); // now both are due
    `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(status, 1);
  assert.match(stdout, /good ran/);
  assert.match(stderr, /CalloutError: callout bad one failed: why/);
});

test('a report of lateness that throws keeps no callout from being called, and ends the process', () => {
  const url = new URL('../../../core/time/index.js', import.meta.url).href;
  const script = `import { SystemClock } from '${url}'; const c = new SystemClock();
    c.followLate(1, () => { throw new Error('full') });
    c.followLate(1, ({ name }) => console.log('reported', name));
    c.callout('late', () => console.log('late ran')).reset(1);
    const end = performance.now() + 20; while (performance.now() < end);
    `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.deepEqual([status, stdout], [1, 'reported late\nlate ran\n']);
  assert.match(stderr, /Error: full/);
});

test('callouts() lists the armed ones', () => {
  const clock = new SystemClock();
  const before = clock.now();
  using callout = clock.callout('x', () => {}, { name: 'pager' });
  callout.reset(60_000);
  const [info] = clock.callouts();
  assert.deepEqual([info?.name, info?.owner, info?.deadline], ['x', 'pager', callout.deadline]);
  assert.ok(callout.deadline >= before + 60_000);
});
