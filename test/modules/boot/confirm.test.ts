/** Changes that must be confirmed, going back, and the history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Booted } from './support/booted.js';
import { Gauge, REGISTRY } from './support/modules.js';

const level = (n: number): string => `modules:\n  gauge: {level: ${n}}\n`;
const now = ({ kernel }: Booted): number => kernel.get(Gauge).settings.level;
const gauge = (n: number): Promise<Booted> => Booted.from(level(n), REGISTRY);

/** Lets what a callout has begun come to its end. */
const settled = async ({ module }: Booted): Promise<void> => void (await module.diff());

test('what is not confirmed in time is taken back', async () => {
  await using booted = await gauge(1);
  const { confirmUntil } = await booted.apply(level(2), 30_000);
  assert.equal(confirmUntil, booted.clock.wallTime() + 30_000);
  assert.equal(booted.module.show().confirmUntil, confirmUntil);
  assert.match(booted.kernel.succession.barred!, /not been confirmed yet/);
  booted.clock.advanceSync(29_999);
  assert.equal(now(booted), 2);
  booted.clock.advanceSync(1);
  await settled(booted);
  assert.equal(now(booted), 1);
  assert.equal(booted.module.show().confirmUntil, undefined);
  assert.equal(booted.kernel.succession.barred, undefined);
  assert.ok(booted.log.some(({ message }) => /not confirmed in time/.test(message)));
  assert.deepEqual(
    booted.module.history().map(({ number, reason }) => `${number} ${reason}`),
    ['3 undo'],
  );
});

test('what is confirmed stays', async () => {
  await using booted = await gauge(1);
  await booted.apply(level(2), 30_000);
  assert.equal((await booted.module.confirm()).number, 2);
  booted.clock.advanceSync(60_000);
  await settled(booted);
  assert.equal(now(booted), 2);
  await assert.rejects(booted.module.confirm(), { code: 'ECONFIRM' });
});

test('nothing else is applied before it is confirmed; undo need not wait', async () => {
  await using booted = await gauge(1);
  await booted.apply(level(2), 30_000);
  await assert.rejects(booted.apply(level(3)), { code: 'EAGAIN' });
  await booted.module.undo();
  assert.equal(now(booted), 1);
  booted.clock.advanceSync(60_000);
  await booted.apply(level(3));
  assert.equal(now(booted), 3);
});

test('what waits for its turn as the time to confirm ends is not applied on top of it', async () => {
  await using booted = await gauge(1);
  await booted.apply(level(2), 30_000);
  const reading = booted.module.diff();
  const applied = assert.rejects(booted.apply(level(3)), { code: 'EAGAIN' });
  booted.clock.advanceSync(30_000);
  await Promise.all([reading, applied]);
  await settled(booted);
  assert.equal(now(booted), 1);
});

test('undo goes back one after another, as far as the history reaches, with the secrets of then', async () => {
  await using booted = await Booted.from('', REGISTRY);
  booted.folder.write('pass', 'aaa');
  const file = (n: number): string => `modules:\n  gauge: {level: ${n}, passwordFile: pass}\n`;
  await booted.apply(file(0));
  booted.folder.write('pass', 'bbb');
  const { changes } = await booted.apply(file(0));
  assert.deepEqual(changes, [{ action: 'reconfigure', subject: 'gauge', details: ['password changed'] }]);
  await booted.module.undo();
  assert.equal(booted.kernel.get(Gauge).settings.password, 'aaa');
  for (let i = 1; i <= 9; i++) await booted.apply(file(i));
  assert.equal(booted.module.history().length, 10);
  for (let i = 8; i >= 0; i--) {
    await booted.module.undo();
    assert.equal(now(booted), i);
  }
  await assert.rejects(booted.module.undo(), { code: 'EUNDO' });
});

test('a file that is applied again as it is takes no place in the history, so that undo goes back past it', async () => {
  await using booted = await gauge(1);
  await booted.apply(level(2));
  for (let i = 0; i < 12; i++) assert.equal((await booted.apply(level(2))).record.number, 2);
  assert.deepEqual((await booted.apply(level(2))).changes, []);
  assert.match(booted.log.at(-1)!.message, /settings 2 in force \(apply\): nothing changed/);
  assert.equal(booted.module.history().length, 2);
  await booted.apply(level(2), 30_000);
  booted.clock.advanceSync(30_000);
  await settled(booted);
  assert.equal(now(booted), 2, 'what was not confirmed had changed nothing');
  await booted.module.undo();
  assert.equal(now(booted), 1);
});

test('an undo that fails leaves everything as it is, and can be tried again', async () => {
  await using booted = await Booted.from('modules:\n  gauge:\n', REGISTRY);
  await booted.apply('');
  const { kernel } = booted;
  const load = kernel.load.bind(kernel) as (...args: unknown[]) => Promise<object>;
  let broken = true;
  Object.assign(kernel, {
    load: async (...args: unknown[]) => {
      if (broken) throw new Error('broken');
      return load(...args);
    },
  });
  await assert.rejects(booted.module.undo(), { code: 'EAPPLY' });
  assert.deepEqual(booted.modules(), []);
  broken = false;
  await booted.module.undo();
  assert.deepEqual(booted.modules(), ['gauge']);
});

test('what is asked for at once is done one after another', async () => {
  await using booted = await gauge(1);
  booted.folder.write('carpet.yaml', level(2));
  const [applied, difference] = await Promise.all([booted.module.apply(), booted.module.diff()]);
  assert.equal(applied.changes.length, 1);
  assert.deepEqual(difference.changes, []);
});

test('a module that is being unloaded by hand meanwhile is loaded again', async () => {
  await using booted = await gauge(1);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const hold = booted.kernel.eventhandler.register('kld_unload_try', () => released);
  const unloading = booted.kernel.unload('gauge');
  const applying = booted.apply(level(2));
  setTimeout(release, 100);
  await unloading;
  assert.deepEqual(
    (await applying).changes.map(({ action, subject }) => `${action} ${subject}`),
    ['load gauge'],
  );
  assert.equal(now(booted), 2);
  await booted.kernel.eventhandler.deregister('kld_unload_try', hold);
});

test('a file with mistakes changes nothing, and all of them are told', async () => {
  await using booted = await gauge(1);
  assert.equal(
    await booted.refused('modules:\n  gauge: {level: 12, x: 1}\n'),
    'carpet.yaml:2:18: modules.gauge.level: expected <=9 (found 12)\n' +
      'carpet.yaml:2:22: modules.gauge.x: unknown key; known are colours, credential, door, level, passwordFile',
  );
  assert.equal(now(booted), 1);
});

test('log settings are put into force, and back', async () => {
  await using booted = await Booted.from('log: {level: notice}\n', REGISTRY);
  await booted.apply('log: {level: debug, format: json}\n');
  await booted.module.undo();
  assert.deepEqual(booted.logSettings, [
    { level: 'notice' },
    { level: 'debug', format: 'json' },
    { level: 'notice' },
  ]);
});

test('it is asked from outside by verbs, in words and as values, and shows no secret', async () => {
  await using booted = await gauge(1);
  const { verbs } = booted.kernel;
  const call = { caller: {}, signal: new AbortController().signal };
  const text = async (name: string, input?: object): Promise<string> => {
    const verb = verbs.find(name);
    const output = await verbs.invoke(name, input, call);
    return (verb as { text(output: unknown): string }).text(output).replaceAll(`${booted.folder.path}/`, '');
  };
  booted.folder.write('pass', 'hidden');
  booted.folder.write(
    'carpet.yaml',
    'modules:\n  gauge:\n    level: 2\n    passwordFile: pass\n  stiff: {token: hidden}\n',
  );
  assert.equal(await text('config.check'), '');
  assert.equal(
    await text('config.diff'),
    '~ reconfigure gauge\n    level 1 -> 2\n    password changed\n+ load bare\n+ load stiff',
  );
  assert.match(await text('config.apply', { timeout: 60 }), /settings 2 in force\nconfirm until \d{4}-.*Z$/);
  assert.equal(await text('config.confirm'), 'settings 2 confirmed');
  assert.equal(
    await text('config.show'),
    'modules:\n  gauge:\n    level: 2\n    passwordFile: pass\n  stiff:\n    token: (not shown)',
  );
  assert.match(await text('config.undo'), /- unload stiff\n/);
  assert.match(await text('config.history'), /^3 \d{4}-.* undo: /);
  const everything = JSON.stringify([
    await Promise.all(
      ['config.show', 'config.history', 'config.diff'].map((name) => verbs.invoke(name, {}, call)),
    ),
    booted.log,
  ]);
  assert.ok(!everything.includes('hidden'));
  assert.deepEqual(
    verbs
      .list()
      .filter(({ access }) => access === 'read')
      .map(({ name }) => name),
    ['config.history', 'config.show'],
  );
});

test('another name is a warning: the kernel has its name from its start', async () => {
  await using booted = await gauge(1);
  const { warnings } = await booted.apply('name: other\n');
  assert.deepEqual(booted.folder.lines(warnings), ['carpet.yaml:1:1: name: is carpet until the next start']);
});

test('the module boot cannot be unloaded by hand, and goes with the kernel', async () => {
  await using booted = await gauge(1);
  await assert.rejects(booted.kernel.unload('boot'), { code: 'EBUSY' });
  await booted.kernel.shutdown();
  assert.deepEqual(booted.kernel.modules(), []);
});
