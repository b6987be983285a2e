/** State that a module gives to its successor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Json, Kernel, type KldError, Module, type ModuleEnd } from '../../../core/index.js';

const journal: string[] = [];

@Module({ name: 'ledger' })
class Ledger {
  entries: Json = [];

  handover(): Json | Promise<Json> {
    return { entries: this.entries };
  }

  takeover(state: Json): void {
    journal.push('takeover');
    const { entries } = state as { entries: Json };
    if (!Array.isArray(entries)) throw new Error('no entries in it');
    this.entries = entries;
  }

  start(): void {
    journal.push('start');
  }

  stop(end: ModuleEnd): void {
    journal.push(`stop ${end}`);
  }
}

@Module({ name: 'plain' })
class Plain {
  stop(end: ModuleEnd): void {
    journal.push(`plain ${end}`);
  }
}

const failure =
  (code: string, text: RegExp) =>
  (error: KldError): boolean =>
    error.code === code && text.test(error.message) && error.module === 'ledger';

test('another kernel takes over a copy of the state, before its start; the old one learns that it was replaced', async () => {
  const old = new Kernel();
  const ledger = await old.load(Ledger);
  await old.load(Plain);
  ledger.entries = [['rent', 700]];
  const state = await old.handover('ledger');
  assert.equal(await old.handover(Plain), undefined);
  journal.length = 0;
  await using successor = new Kernel();
  const heir = await successor.load(Ledger, undefined, { state });
  assert.deepEqual(heir.entries, ledger.entries);
  assert.notEqual(heir.entries, ledger.entries);
  const odd = JSON.parse('[{ "__proto__": [1], "at": [[], null, true, "x"] }]') as Json;
  ledger.entries = odd;
  assert.equal(JSON.stringify(await old.handover(Ledger)), JSON.stringify({ entries: odd }));
  await old.shutdown('replace');
  assert.deepEqual(journal, ['takeover', 'start', 'plain unload', 'stop replace']);
});

test('one that has handed over ends for good when no successor has come', async () => {
  const kernel = new Kernel();
  await kernel.load(Ledger);
  await kernel.handover(Ledger);
  journal.length = 0;
  await kernel.shutdown();
  assert.deepEqual(journal, ['stop unload']);
});

test('what JSON cannot hold is refused, by its path, and so is what is no state', async () => {
  await using kernel = new Kernel();
  const ledger = await kernel.load(Ledger);
  const circle: unknown[] = [];
  circle.push(circle);
  for (const [entries, text] of [
    [new Map(), /^ledger: its handover gives Map in state\.entries, which JSON cannot hold$/],
    [[1, { at: new Date(0) }], /Date in state\.entries\.1\.at/],
    [[Number.NaN], /NaN in state\.entries\.0/],
    [undefined, /undefined in state\.entries/],
    [circle, /Array in state\.entries\.0/],
    [Object.create(Object.create(null)), /gives object in state\.entries,/],
  ] as const) {
    ledger.entries = entries as Json;
    await assert.rejects(kernel.handover(Ledger), failure('EHANDOVER', text));
  }
  await using successor = new Kernel();
  await assert.rejects(
    successor.load(Ledger, undefined, { state: {} }),
    failure('EHANDOVER', /ledger: its takeover failed: no entries in it/),
  );
  assert.deepEqual(successor.modules(), []);
  await assert.rejects(kernel.handover('nothing'), { code: 'ENOENT' });
});

test('the copy of a state is as JSON would make it, whatever it is made of', async () => {
  await using kernel = new Kernel();
  const ledger = await kernel.load(Ledger);
  const twice = { rent: 700 };
  const bare = Object.assign(Object.create(null) as Record<string, Json>, { a: 1 });
  const odd = JSON.parse('{ "__proto__": { "x": 1 } }') as Json;
  ledger.entries = [twice, twice, bare, odd];
  const copy = (await kernel.handover(Ledger)) as { entries: object[] };
  const wanted = (JSON.parse(JSON.stringify({ entries: ledger.entries })) as typeof copy).entries;
  assert.deepEqual(copy.entries, wanted);
  assert.deepEqual(
    copy.entries.map(Object.getOwnPropertyDescriptors),
    wanted.map(Object.getOwnPropertyDescriptors),
  );
  assert.notEqual(copy.entries[0], copy.entries[1]);
});

test('a takeover is waited for before the start, and may refuse late', async () => {
  const late: string[] = [];
  @Module({ name: 'ledger' })
  class Late {
    async takeover(state: Json): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      if (state === 'bad') throw new Error('cannot read that');
      late.push('taken over');
    }

    start(): void {
      late.push('start');
    }
  }
  await using kernel = new Kernel();
  await assert.rejects(
    kernel.load(Late, undefined, { state: 'bad' }),
    failure('EHANDOVER', /its takeover failed: cannot read that/),
  );
  await kernel.load(Late, undefined, { state: 'good' });
  assert.deepEqual(late, ['taken over', 'start']);
});

test('a module that was not asked for its state ends for good, whatever the kernel goes down for', async () => {
  const kernel = new Kernel();
  await kernel.load(Ledger);
  journal.length = 0;
  await kernel.shutdown('replace');
  assert.deepEqual(journal, ['stop unload']);
});

test('a handover that rejects is reported under the module', async () => {
  await using kernel = new Kernel();
  const ledger = await kernel.load(Ledger);
  ledger.handover = async () => {
    throw new Error('not now');
  };
  await assert.rejects(kernel.handover(Ledger), failure('EHANDOVER', /its handover failed: not now/));
});
