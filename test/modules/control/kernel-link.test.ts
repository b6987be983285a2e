/** The server's end: what is asked alike in one turn crosses to the kernel once, and only reads are alike. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MessagePort } from 'node:worker_threads';
import type { OfferedVerb, ServerMessage } from '../../../modules/control/protocol.js';
import { KernelLink, type PendingCall, type Reply } from '../../../modules/control/server/kernel-link.js';

const LOOK = verb('look', 'read');

function verb(name: string, access: OfferedVerb['access'], stream = false): OfferedVerb {
  const plain = { input: undefined, contentType: undefined, module: undefined };
  return { name, summary: 's', access, stream, positional: [], ...plain };
}

class World {
  readonly sent: ServerMessage[] = [];
  readonly heard: string[] = [];
  /** Why callers were refused. */
  readonly refusals: string[] = [];
  readonly link: KernelLink;

  constructor(calls = 100, callsPerUser = calls) {
    const port = { postMessage: (message: ServerMessage) => void this.sent.push(message) };
    this.link = new KernelLink(port as unknown as MessagePort, { calls, callsPerUser });
  }

  ask(who: string, what: OfferedVerb, input?: unknown, uid = 0): PendingCall | undefined {
    const reply: Reply = {
      answer: (body) => this.heard.push(`${who} ${body.toString()}`),
      refuse: ({ status, detail }) => {
        this.heard.push(`${who} ${status}`);
        this.refusals.push(detail);
      },
      item: () => undefined,
      end: () => undefined,
    };
    return this.link.call(what, input, 'json', { pid: 1, uid, gid: 0 }, reply);
  }

  /** The numbers of the calls that were sent. */
  get calls(): number[] {
    return this.sent.flatMap((message) => (message.type === 'call' ? message.id : []));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('the link to the kernel', () => {
  it('sends reads of one turn that ask for the same as one call, at the end of the turn', async () => {
    const world = new World();
    for (const who of ['a', 'b', 'c']) world.ask(who, LOOK);
    world.ask('d', LOOK, { name: 'other' });
    assert.deepEqual(world.sent, [], 'nothing leaves while more may come');
    await turn();
    assert.deepEqual(world.calls, [1, 2]);
    world.link.receive({ type: 'answer', ids: [1], body: 'seen' });
    assert.deepEqual(world.heard, ['a seen', 'b seen', 'c seen']);
  });

  it('sends a read of the next turn anew, for something may have changed', async () => {
    const world = new World();
    world.ask('a', LOOK);
    await turn();
    world.ask('b', LOOK);
    await turn();
    assert.deepEqual(world.calls, [1, 2]);
  });

  it('sends every change and every stream', async () => {
    const world = new World();
    for (const who of ['a', 'b']) world.ask(who, verb('change', 'write'));
    for (const who of ['a', 'b']) world.ask(who, verb('follow', 'read', true));
    await turn();
    assert.deepEqual(world.calls, [1, 2, 3, 4]);
  });

  it('cancels a shared call when the last who asked for it has gone', async () => {
    const world = new World();
    const [a, b] = [world.ask('a', LOOK), world.ask('b', LOOK)];
    await turn();
    a?.cancel();
    await turn();
    assert.deepEqual(world.sent.slice(1), []);
    b?.cancel();
    await turn();
    assert.deepEqual(world.sent.slice(1), [{ type: 'cancel', id: 1 }]);
    world.link.receive({ type: 'answer', ids: [1], body: 'late' });
    assert.deepEqual(world.heard, []);
  });

  it('begins anew when all who asked have gone within the turn', async () => {
    const world = new World();
    world.ask('a', LOOK)?.cancel();
    world.ask('b', LOOK);
    await turn();
    world.link.receive({ type: 'answer', ids: [2], body: 'seen' });
    assert.deepEqual(world.heard, ['b seen']);
  });

  it('refuses more callers than may wait, shared or not, and takes others when some were answered', async () => {
    const world = new World(2);
    for (const who of ['a', 'b', 'c']) world.ask(who, LOOK);
    assert.deepEqual(world.heard, ['c 503']);
    await turn();
    world.link.receive({ type: 'answer', ids: [1], body: 'seen' });
    world.ask('d', LOOK);
    assert.deepEqual(world.heard, ['c 503', 'a seen', 'b seen']);
  });

  it('has places that one user cannot take from another, nor all of them from root', async () => {
    const world = new World(10, 4);
    const follow = verb('follow', 'read', true);
    const calls = Array.from({ length: 5 }, () => world.ask('ann', follow, undefined, 1));
    assert.deepEqual(world.heard.splice(0), ['ann 503']);
    assert.deepEqual(world.refusals.splice(0), [
      'user 1 has 4 calls and streams open, and no user may have more: end one, as what tap, top or dmesg -f follows',
    ]);
    for (const [who, uid] of [
      ['bob', 2],
      ['cleo', 3],
    ] as const)
      for (let i = 0; i < 4; i++) world.ask(who, follow, undefined, uid);
    assert.deepEqual(world.heard.splice(0), ['cleo 503', 'cleo 503', 'cleo 503']);
    assert.match(
      world.refusals[0]!,
      /^all users together have too many calls and streams open: try again when/,
    );
    world.ask('root', follow);
    assert.deepEqual(world.heard, []);
    for (const call of calls.slice(0, 2)) call!.cancel();
    world.ask('ann', LOOK, undefined, 1);
    assert.deepEqual(world.heard, [], 'a place that was given back is free');
  });
});
