/** The kernel's end: calls are carried out one a turn, with rests; alike ones share an answer; streams obey their reader. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Clock, SystemClock, Verbs, VirtualClock } from '../../../core/index.js';
import { Bridge } from '../../../modules/control/bridge.js';
import { coerce } from '../../../modules/control/coerce.js';
import { Feed } from '../../../modules/control/feed.js';
import type { KernelMessage } from '../../../modules/control/protocol.js';

const peer = { pid: 1, uid: 0, gid: 0 };
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Calls rest after one that took long, as any may on a busy machine: waits for what is to come, not for turns. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

class World implements Disposable {
  readonly verbs = new Verbs();
  readonly sent: KernelMessage[] = [];
  readonly bridge: Bridge;

  constructor(clock: Clock = new SystemClock()) {
    this.bridge = new Bridge({ verbs: this.verbs, clock, send: (message) => this.sent.push(message) });
  }

  call(id: number, verb: string, input?: unknown, callers = 1): void {
    this.bridge.receive({ type: 'call', id, verb, input, form: 'json', peer, callers });
  }

  get items(): number {
    return this.sent.filter(({ type }) => type === 'item').length;
  }

  /** The calls that have been answered, or refused. */
  ids(type: 'answer' | 'refusal'): number[] {
    return this.sent.flatMap((message) => (message.type === type ? message.ids : []));
  }

  [Symbol.dispose](): void {
    this.bridge[Symbol.dispose]();
  }
}

describe('the bridge', () => {
  it('answers calls that ask for the same at the same time with one run', async () => {
    using world = new World();
    let runs = 0;
    world.verbs.register({ name: 'look', summary: 's', access: 'read', run: () => ++runs });
    for (let id = 1; id <= 50; id++) world.call(id, 'look');
    await until(() => world.ids('answer').length === 50);
    assert.equal(runs, 1);
    assert.equal(
      world.sent.filter(({ type }) => type === 'answer').length,
      1,
      'the answer crosses to the server once',
    );
    world.call(51, 'look');
    await until(() => world.ids('answer').length === 51);
    assert.equal(runs, 2);
  });

  it('carries every change out, and refuses what is not there', async () => {
    using world = new World();
    let runs = 0;
    world.verbs.register({ name: 'change', summary: 's', access: 'write', run: () => ++runs });
    for (let id = 1; id <= 5; id++) world.call(id, 'change');
    world.call(6, 'none');
    await until(() => world.ids('answer').length + world.ids('refusal').length === 6);
    assert.equal(runs, 5);
    assert.deepEqual(world.ids('answer'), [1, 2, 3, 4, 5]);
    assert.deepEqual(world.ids('refusal'), [6]);
  });

  it('rests after a call that took long, so that others have three quarters of the thread', async () => {
    using world = new World();
    const busy = (ms: number): void => {
      for (const end = performance.now() + ms; performance.now() < end; );
    };
    world.verbs.register({ name: 'slow', summary: 's', access: 'write', run: () => busy(4) });
    for (let id = 1; id <= 5; id++) world.call(id, 'slow');
    const began = performance.now();
    while (world.ids('answer').length < 5) await new Promise((resolve) => setTimeout(resolve, 2));
    const took = performance.now() - began;
    assert.ok(took >= 5 * 4 + 4 * 12, `five calls of 4 ms and four rests in ${took} ms`);
  });

  it('gives no answer of more than 16 MiB, in bytes', async () => {
    using world = new World();
    const say = (name: string, text: string): void =>
      void world.verbs.register({ name, summary: 's', access: 'read', run: () => text });
    say('plain', 'a'.repeat(9 * 2 ** 20));
    say('wide', 'ü'.repeat(9 * 2 ** 20));
    world.call(1, 'plain');
    world.call(2, 'wide');
    await until(() => world.ids('answer').length + world.ids('refusal').length === 2);
    assert.deepEqual([world.ids('answer'), world.ids('refusal')], [[1], [2]]);
    const refused = world.sent.find((message) => message.type === 'refusal')!;
    assert.equal(refused.problem.detail, 'the answer has 18.0 MiB, and 16.0 at most fit: ask for less');
  });

  it('lets a crowd gather before it answers the next, and keeps nobody else waiting', async () => {
    const clock = new VirtualClock();
    using world = new World(clock);
    let runs = 0;
    world.verbs.register({ name: 'look', summary: 's', access: 'read', run: () => ++runs });
    const crowd = async (from: number): Promise<void> => {
      for (let id = from; id < from + 2; id++) world.call(id, 'look', undefined, 2);
      await turns(5);
    };
    await crowd(0);
    assert.equal(runs, 1);
    for (const from of [10, 20, 30]) await crowd(from);
    assert.equal(runs, 1, 'they wait, also those that came when nobody was waiting');
    clock.advanceSync(5);
    await turns(5);
    assert.equal(runs, 2);
    assert.equal(world.ids('answer').length, 8);
    clock.advanceSync(5);
    for (const id of [50, 51, 52]) {
      world.call(id, 'look');
      await turns(5);
    }
    assert.equal(runs, 5, 'one after another is no crowd');
  });

  it('gives a stream no more items than its reader has room for, and ends it when the reader leaves', async () => {
    using world = new World();
    let made = 0;
    let ended = false;
    world.verbs.register({
      name: 'count',
      summary: 's',
      access: 'read',
      stream: true,
      async *run() {
        try {
          for (;;) yield ++made;
        } finally {
          ended = true;
        }
      },
    });
    world.call(1, 'count');
    world.bridge.receive({ type: 'more', id: 1, count: 3 });
    await until(() => world.items === 3);
    await turns(20);
    assert.equal(world.items, 3);
    assert.ok(made <= 4);
    world.bridge.receive({ type: 'more', id: 1, count: 2 });
    await until(() => world.items === 5);
    await turns(20);
    assert.equal(world.items, 5);
    world.bridge.receive({ type: 'cancel', id: 1 });
    await until(() => ended);
  });

  it('forgets a call whose caller left before its turn', async () => {
    using world = new World();
    let runs = 0;
    world.verbs.register({ name: 'change', summary: 's', access: 'write', run: () => ++runs });
    world.call(1, 'change');
    world.bridge.receive({ type: 'cancel', id: 1 });
    await turns(20);
    assert.equal(runs, 0);
  });

  it('answers no call of a server with what the one before it had asked', async () => {
    using world = new World();
    let answer = (): void => undefined;
    let isAborted = false;
    const run = (): Promise<void> => new Promise((resolve) => (answer = resolve));
    world.verbs.register({ name: 'slow', summary: 's', access: 'write', run });
    world.verbs.register({
      name: 'follow',
      summary: 's',
      access: 'read',
      stream: true,
      async *run(_input, { signal }) {
        yield 1;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        isAborted = true;
      },
    });
    world.call(1, 'slow');
    await turns(20);
    world.bridge.reset();
    world.call(1, 'follow');
    world.bridge.receive({ type: 'more', id: 1, count: 5 });
    await until(() => world.items === 1);
    answer();
    await turns(20);
    assert.deepEqual(world.ids('answer'), []);
    world.bridge.receive({ type: 'cancel', id: 1 });
    await until(() => isAborted);
  });
});

describe('a feed', () => {
  it('keeps what a slow reader can have, and says how much it has missed', async () => {
    const abort = new AbortController();
    const feed = new Feed<number>(abort.signal, (count) => -count);
    for (let i = 0; i < 1500; i++) feed.push(i);
    const seen: number[] = [];
    for await (const item of feed) {
      seen.push(item);
      if (item === 1499) abort.abort();
    }
    assert.equal(seen[0], -500);
    assert.deepEqual(
      seen.slice(1),
      Array.from({ length: 1000 }, (_, i) => i + 500),
    );
  });

  it('ends while it waits, when its reader leaves', async () => {
    const abort = new AbortController();
    const feed = new Feed<number>(abort.signal);
    setImmediate(() => abort.abort());
    for await (const item of feed) assert.fail(`${item}`);
  });
});

describe('coerce', () => {
  const schema = {
    properties: {
      n: { type: 'number' },
      b: { type: 'boolean' },
      s: { type: 'string' },
      l: { type: 'array', items: { type: 'integer' } },
      o: { type: 'object' },
      u: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    },
  };
  it('turns texts into what the schema asks for, and leaves the rest to the schema', () => {
    assert.deepEqual(coerce({ n: '12', b: 'off', s: '12', l: '7', o: '{"a":1}', u: '5', x: '1' }, schema), {
      n: 12,
      b: false,
      s: '12',
      l: [7],
      o: { a: 1 },
      u: '5',
      x: '1',
    });
    assert.deepEqual(coerce({ n: 'many', b: 'maybe', l: ['1', 'x'], o: '{' }, schema), {
      n: 'many',
      b: 'maybe',
      l: [1, 'x'],
      o: '{',
    });
  });
});
