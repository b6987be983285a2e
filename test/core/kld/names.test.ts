/** Names that only one of two versions can have: sysctls, verbs, and those in tables of a module's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineModule, Kernel, type ModuleClass, type Scope } from '../../../core/index.js';

/** A version of a module that acquires things in its start. */
function version(
  start: (scope: Scope) => void | Promise<void>,
  reload: 'beside' | 'after' = 'beside',
): ModuleClass {
  return defineModule({ name: 'part', reload, start: ({ scope }) => start(scope) });
}

const verb = { name: 'look', summary: 'looks', access: 'read', run: () => 1 } as const;

test('names of others are refused to a new version as to any module', async () => {
  await using kernel = new Kernel();
  kernel.sysctl.int('dev.theirs', { description: '', value: 1 });
  kernel.verbs.register(verb);
  await kernel.load(version(() => {}));
  for (const start of [
    (scope: Scope) => void scope.sysctl.int('dev.theirs', { description: '', value: 2 }),
    (scope: Scope) => void scope.verb(verb),
  ]) {
    await assert.rejects(kernel.reload(version(start)), { code: 'EEXIST' });
    await assert.rejects(kernel.load(defineModule({ name: 'other', start: ({ scope }) => start(scope) })), {
      code: 'EEXIST',
    });
  }
  assert.equal(kernel.sysctl.get('dev.theirs')?.value, 1);
});

test('a name that a new version has given up before it is at work goes with the old one', async () => {
  await using kernel = new Kernel();
  const acquire = (scope: Scope): Scope => {
    const part = scope.child('part');
    part.sysctl.int('dev.mine', { description: '', value: 2 });
    part.verb({ ...verb });
    return part;
  };
  await kernel.load(version((scope) => void acquire(scope)));
  await kernel.reload(version((scope) => acquire(scope).close()));
  assert.equal(kernel.sysctl.get('dev.mine'), undefined);
  assert.equal(kernel.verbs.get('look'), undefined);
  await kernel.unload('part');
});

test('a name that the old version has given up meanwhile is the new one’s, unless another module has it now', async () => {
  for (const isTaken of [false, true]) {
    await using kernel = new Kernel();
    let part: Scope | undefined;
    const old = version((scope) => {
      part = scope.child('part');
      part.sysctl.int('dev.mine', { description: '', value: 1 });
    });
    await kernel.load(old);
    const reloading = kernel.reload(
      defineModule({
        name: 'part',
        async start({ scope }) {
          scope.sysctl.int('dev.mine', { description: '', value: 2 });
          await part!.close();
          if (isTaken) kernel.sysctl.int('dev.mine', { description: '', value: 3 });
        },
      }),
    );
    if (isTaken) await assert.rejects(reloading, { code: 'EEXIST' });
    else await reloading;
    assert.equal(kernel.sysctl.get('dev.mine')?.value, isTaken ? 3 : 2);
  }
});

/** Depends on the module of that name, and starts once: not again on a new version, but on the one before. */
function fragile(name: string): ModuleClass {
  let starts = 0;
  return defineModule({
    name: 'fragile',
    depends: [name],
    start() {
      if (++starts === 2) throw new Error('not on this one');
    },
  });
}

/** A sysctl and a verb that say which they are. */
function acquire(scope: Scope, n: number): Scope {
  const part = scope.child('part');
  part.sysctl.int('dev.mine', { description: '', value: n });
  part.verb({ ...verb, run: () => n });
  return part;
}

const shown = async (kernel: Kernel): Promise<unknown[]> => {
  const call = { caller: {}, signal: new AbortController().signal };
  const looked = await kernel.verbs.invoke('look', undefined, call).catch(() => undefined);
  return [kernel.sysctl.get('dev.mine')?.value, looked];
};

test('a name that the old version has given up meanwhile is not given back to it when the reload fails', async () => {
  await using kernel = new Kernel();
  let part: Scope | undefined;
  await kernel.load(version((scope) => void (part = acquire(scope, 1))));
  await kernel.load(fragile('part'));
  const next = version(async (scope) => {
    acquire(scope, 2);
    await part!.close();
  });
  await assert.rejects(kernel.reload(next), { message: 'fragile: its start failed: not on this one' });
  assert.deepEqual(await shown(kernel), [undefined, undefined]);
});

for (const fails of [false, true])
  test(`a name that the old version has for something else by now is ${fails ? 'its own again when the reload fails' : 'the new one’s'}`, async () => {
    await using kernel = new Kernel();
    let old: Scope | undefined;
    let part: Scope | undefined;
    await kernel.load(
      version((scope) => {
        old = scope;
        part = acquire(scope, 1);
      }),
    );
    if (fails) await kernel.load(fragile('part'));
    const next = version(async (scope) => {
      acquire(scope, 2);
      await part!.close();
      acquire(old!, 3);
    });
    if (fails)
      await assert.rejects(kernel.reload(next), { message: 'fragile: its start failed: not on this one' });
    else await kernel.reload(next);
    assert.deepEqual(await shown(kernel), fails ? [3, 3] : [2, 2]);
    if (fails) await kernel.unload('fragile');
    await kernel.unload('part');
    assert.deepEqual(await shown(kernel), [undefined, undefined]);
  });

test('a verb that both versions register as one object stays with the one at work, and goes with it', async () => {
  await using kernel = new Kernel();
  const part = version((scope) => void scope.verb(verb));
  await kernel.load(part);
  await kernel.reload(part);
  assert.equal(kernel.verbs.get('look'), verb);
  await kernel.load(fragile('part'));
  await assert.rejects(kernel.reload(part), { message: 'fragile: its start failed: not on this one' });
  assert.equal(kernel.verbs.get('look'), verb);
  for (const name of ['fragile', 'part']) await kernel.unload(name);
  assert.equal(kernel.verbs.get('look'), undefined);
});

for (const reload of ['beside', 'after'] as const)
  test(`of sysctls a new version that starts ${reload} the old one gets what someone has set, where it fits`, async () => {
    await using kernel = new Kernel();
    const add = (written: number, old: number): number => old + written;
    const make = (n: number) => (scope: Scope) => {
      const { sysctl } = scope;
      const options = { description: '', value: n };
      for (const name of ['kept', 'untouched']) sysctl.int(`dev.${name}`, options);
      sysctl.int('dev.limited', { ...options, max: n === 1 ? 100 : 10 });
      sysctl.int('dev.sum', { ...options, set: add, cumulative: true });
      sysctl.int('dev.told', { ...options, readonly: n === 1 });
      sysctl.int('dev.to-be-told', { ...options, readonly: n === 2 });
      if (n === 1) sysctl.int('dev.gone', options);
      if (n === 1) sysctl.int('dev.other', options);
      else sysctl.string('dev.other', { description: '', value: 'text' });
      sysctl.counter('dev.count', '');
    };
    await kernel.load(version(make(1), reload));
    for (const name of ['kept', 'limited', 'sum', 'to-be-told', 'gone', 'other'])
      kernel.sysctl.set(`dev.${name}`, '50');
    for (const name of ['told', 'count']) kernel.sysctl.get(`dev.${name}`)!.value = 50;
    await kernel.reload(version(make(2), reload));
    const values = kernel.sysctl
      .list()
      .flatMap(({ name, value }) => (name.startsWith('dev.') ? [[name, value]] : []));
    assert.deepEqual(Object.fromEntries(values), {
      'dev.count': 0,
      'dev.kept': 50,
      'dev.limited': 2,
      'dev.other': 'text',
      'dev.sum': 2,
      'dev.to-be-told': 2,
      'dev.told': 2,
      'dev.untouched': 2,
    });
  });

test('a name can be had once in a version, and not from the old one any more when the new one is at work', async () => {
  await using kernel = new Kernel();
  const node = (scope: Scope): unknown => scope.sysctl.int('dev.mine', { description: '', value: 1 });
  await kernel.load(version((scope) => void node(scope)));
  const twice = version((scope) => void [node(scope), node(scope)]);
  await assert.rejects(kernel.reload(twice), { code: 'EEXIST' });
  let scope: Scope | undefined;
  let refused: unknown;
  const display = defineModule({
    name: 'display',
    depends: ['part'],
    start() {
      if (scope === undefined) return;
      try {
        node(scope);
      } catch (error) {
        refused = error;
      }
    },
  });
  await kernel.load(display);
  await kernel.reload(version((mine) => void (scope = mine)));
  assert.match(String(refused), /dev\.mine/);
  assert.equal(kernel.sysctl.get('dev.mine'), undefined);
});

/** A module with a place in a table that is not the kernel's; the new version waits for it, and may give that up. */
function seated(
  journal: string[],
  label: string,
  things: object[],
  others: object[] = [],
  isGivenUp = false,
) {
  return defineModule({
    name: 'seated',
    start({ scope }) {
      const forget = scope.succeed([...things, ...others], {
        take: () => journal.push(`${label} takes`),
        giveBack: () => journal.push(`${label} gives back`),
      });
      journal.push(`${label} ${forget === undefined ? 'must not' : 'waits'}`);
      if (isGivenUp) forget!();
      if (things.length > 0 && forget !== undefined) return;
      for (let i = 0; i < 2; i++) {
        const thing = { [Symbol.dispose]: (): void => {} };
        things.push(scope.child('part').own(thing));
      }
    },
  });
}

test('a new version waits for all the names that it wants and the old one has, and takes them once', async () => {
  for (const count of [1, 2]) {
    await using kernel = new Kernel();
    const journal: string[] = [];
    const things: object[] = [];
    await kernel.load(seated(journal, 'one', things));
    await kernel.reload(seated(journal, 'two', things.slice(0, count)));
    assert.deepEqual(journal, ['one must not', 'two waits', 'two takes']);
  }
});

test('it waits for no name of which another has a part, nor for one that it has given up', async () => {
  for (const [others, isGivenUp, expected] of [
    [[{}], false, 'two must not'],
    [[], true, 'two waits'],
  ] as const) {
    await using kernel = new Kernel();
    const journal: string[] = [];
    const things: object[] = [];
    await kernel.load(seated(journal, 'one', things));
    await kernel.reload(seated(journal, 'two', things, [...others], isGivenUp));
    assert.deepEqual(journal, ['one must not', expected]);
  }
});

test('what it has taken it gives back when the reload is taken back', async () => {
  await using kernel = new Kernel();
  const journal: string[] = [];
  const things: object[] = [];
  await kernel.load(seated(journal, 'one', things));
  await kernel.load(fragile('seated'));
  await assert.rejects(kernel.reload(seated(journal, 'two', things)), /not on this one/);
  assert.deepEqual(journal, ['one must not', 'two waits', 'two takes', 'two gives back']);
});
