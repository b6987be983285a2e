/** How long the end of a module may take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { Patience } from '../../../core/kld/patience.js';

const never = new Promise<void>(() => {});

function setup() {
  const clock = new VirtualClock();
  return { clock, patience: new Patience(clock, 'pager') };
}

/** When the step was given up; undefined if it was not by the time. */
async function givenUp(clock: VirtualClock, wait: Promise<boolean>, by: number): Promise<number | undefined> {
  let at: number | undefined;
  void wait.then((ended) => {
    if (!ended) at = clock.now();
  });
  await clock.advance(by);
  return at;
}

test('without a deadline a step is waited for as long as it takes, and nothing is armed', async () => {
  const { clock, patience } = setup();
  const wait = patience.wait('its stop', never);
  assert.equal(await givenUp(clock, wait, 1e9), undefined);
  assert.equal(clock.armed, 0);
  assert.equal(patience.waitsFor, 'its stop');
});

test('the earliest deadline counts, for a step in progress too, and is armed once, by name', async () => {
  const { clock, patience } = setup();
  patience.until(500);
  const wait = patience.wait('its stop', never);
  for (const deadline of [300, 300, 400, 900]) patience.until(deadline);
  assert.deepEqual(
    clock.callouts().map(({ name, deadline }) => [name, deadline]),
    [['pager unloading', 300]],
  );
  assert.equal(await givenUp(clock, wait, 1000), 300);
  assert.deepEqual([patience.left, patience.waitsFor, clock.armed], [['its stop'], undefined, 0]);
});

test('when the deadline has passed a step gets the least time that it was promised, or none', async () => {
  const { clock, patience } = setup();
  await clock.advance(1000);
  patience.until(400);
  assert.equal(await givenUp(clock, patience.wait('one', never), 0), 1000);
  assert.equal(await givenUp(clock, patience.wait('two', never, 100), 500), 1100);
});

test('a step that fails in time says so, and one that fails when it was left behind is nobody’s', async () => {
  const { clock, patience } = setup();
  patience.until(10);
  await assert.rejects(patience.wait('one', Promise.reject(new Error('no'))), /no/);
  let fail = (): void => {};
  const late = new Promise<void>((_resolve, reject) => {
    fail = () => reject(new Error('too late'));
  });
  assert.equal(await givenUp(clock, patience.wait('two', late), 10), 10);
  fail();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(patience.left, ['two']);
});
