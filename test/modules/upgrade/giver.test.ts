/**
 * The predecessor's side of an upgrade, on real sockets. Where it stands still for the answer, the successor is another
 * thread.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import { type Json, Kernel, Module, VirtualClock } from '../../../core/index.js';
import { AF_UNIX, Libc, SOCK_STREAM, SocketAddress, SystemError } from '../../../modules/libc/index.js';
import { Giver, type Successor } from '../../../modules/upgrade/giver.js';
import { Link } from '../../../modules/upgrade/link.js';
import { PROTOCOL, type UpgradeMessage } from '../../../modules/upgrade/protocol.js';
import { elapse, waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';
import { type Cue, HELLO, playSuccessor, READY, RUNNING } from './support/scripted-peer.js';

const EMFILE = 24;
const skip = needs('native');
const descriptors = (): number => readdirSync('/proc/self/fd').length;
const name = (): string => `@carpet-test-${randomUUID()}`;

/** A giver, and what it has done. */
class Predecessor {
  readonly clock = new VirtualClock();
  readonly warnings: string[] = [];
  readonly successors: Successor[] = [];
  readonly giver: Giver;
  readonly kernel = new Kernel({ clock: this.clock, log: ({ message }) => this.warnings.push(message) });

  constructor(t: TestContext) {
    t.after(() => this.kernel.shutdown());
    const { clock, log, succession, sysctl } = this.kernel;
    const ms = (of: string, value: number) => sysctl.int(`test.${of}`, { description: of, value });
    const [pause, patience] = [ms('pause', 50), ms('patience', 60_000)];
    const given = (successor: Successor): unknown => this.successors.push(successor);
    this.giver = new Giver({ clock, log, succession, pause, patience, modules: () => [], given });
    t.after(() => this.giver[Symbol.dispose]());
  }

  /** A warning that comes within some seconds. */
  async warned(pattern: RegExp): Promise<void> {
    await waitFor(
      `${pattern}`,
      5000,
      () => this.warnings.some((text) => pattern.test(text)),
      () => this.warnings.join('\n'),
    );
  }
}

/** A successor that says what it is told to. */
class Peer {
  readonly heard: (UpgradeMessage | undefined)[] = [];
  readonly link: Link;
  #woken: () => void = () => undefined;

  constructor(t: TestContext, socket: string) {
    this.link = Link.connect(socket, (message) => {
      this.heard.push(message);
      this.#woken();
    });
    t.after(() => this.link[Symbol.dispose]());
  }

  /** The next message that it has not been asked for yet; undefined: the other side has ended. */
  async next(): Promise<UpgradeMessage | undefined> {
    while (this.heard.length === 0) await new Promise<void>((resolve) => (this.#woken = resolve));
    return this.heard.shift();
  }

  hello(protocol = PROTOCOL): void {
    this.link.send({ type: 'hello', protocol, version: '0', pid: process.pid });
  }
}

test('an offer that nobody has taken up makes room for the next; one that is taken up does not', {
  skip,
}, async (t) => {
  const { giver } = new Predecessor(t);
  const [first, second] = [name(), name()];
  giver.offer(first);
  giver.offer(second);
  assert.throws(() => new Peer(t, first), { code: 'ECONNREFUSED' });
  const peer = new Peer(t, second);
  peer.hello();
  assert.deepEqual(await peer.next(), { type: 'state', states: {} });
  assert.throws(() => giver.offer(name()), { code: 'EAGAIN' });
});

test('an offer that nobody takes up is withdrawn', { skip }, (t) => {
  const { giver, clock } = new Predecessor(t);
  const socket = name();
  giver.offer(socket);
  clock.advanceSync(10_001);
  assert.throws(() => new Peer(t, socket), { code: 'ECONNREFUSED' });
});

const FAILURES: readonly (readonly [
  name: string,
  act: (peer: Peer) => Promise<void> | void,
  reason: RegExp,
])[] = [
  ['speaks another protocol', (peer) => peer.hello(99), /it speaks upgrade protocol 99/],
  ['refuses', (peer) => peer.link.send({ type: 'refused', reason: 'no disk' }), /no disk/],
  ['ends', (peer) => peer.link[Symbol.dispose](), /it has ended/],
  [
    'says nothing after the last state',
    async (peer) => {
      peer.hello();
      await peer.next();
      peer.link.send({ type: 'ready', modules: [] });
    },
    /it did not begin within 50 ms/,
  ],
];

for (const [what, act, reason] of FAILURES) {
  test(`goes on when the successor ${what}, and takes the next`, { skip }, async (t) => {
    const predecessor = new Predecessor(t);
    const { giver, successors } = predecessor;
    const socket = name();
    giver.offer(socket);
    const peer = new Peer(t, socket);
    await act(peer);
    await predecessor.warned(reason);
    assert.deepEqual(successors, []);
    giver.offer(name());
  });
}

test('goes on when the successor takes too long to load', { skip }, async (t) => {
  const { giver, clock, warnings } = new Predecessor(t);
  const socket = name();
  giver.offer(socket);
  const peer = new Peer(t, socket);
  peer.hello();
  await peer.next();
  clock.advanceSync(60_001);
  assert.match(warnings.at(-1)!, /it took too long/);
  assert.deepEqual(await peer.next(), { type: 'refused', reason: 'it took too long' });
  assert.equal(await peer.next(), undefined);
  assert.throws(() => peer.link.send({ type: 'ready', modules: [] }), { code: 'EPIPE' });
  peer.link[Symbol.dispose]();
  assert.throws(() => peer.link.send({ type: 'ready', modules: [] }), {
    code: 'EPIPE',
    message: 'the conversation has ended',
  });
});

for (const call of ['accept', 'epoll'] as const)
  test(`goes on when descriptors are short as the successor connects (${call}), and takes the next`, {
    skip,
  }, async (t) => {
    const predecessor = new Predecessor(t);
    const { giver } = predecessor;
    const before = descriptors();
    const [first, second] = [name(), name()];
    giver.offer(first);
    const refused = new Peer(t, first);
    const short = (): never => {
      throw new SystemError(call, EMFILE);
    };
    t.mock.method(Libc.prototype, call, short, { times: 1 });
    await predecessor.warned(/no process can take over now, and this one goes on: .*EMFILE/);
    assert.equal(await refused.next(), undefined);
    refused.link[Symbol.dispose]();
    assert.equal(descriptors(), before);
    giver.offer(second);
    const peer = new Peer(t, second);
    peer.hello();
    assert.equal((await peer.next())?.type, 'state');
  });

/** What a successor does once it has the last state, and what becomes of it. */
const ANSWERS: readonly (readonly [what: string, answer: readonly string[], outcome: 'given' | RegExp])[] = [
  ['answers', [RUNNING], 'given'],
  ['answers in pieces', ['{"type":', '"run', 'ning"}', '\n'], 'given'],
  [
    'sends garbage before its answer',
    ['garbage\n', RUNNING],
    /goes on: it sent what is no message .*"garbage"/,
  ],
  ['sends garbage with its answer', [`garbage\n${RUNNING}`], /goes on: it sent what is no message/],
  ['sends another message before it', [HELLO, RUNNING], /goes on: it sent hello out of turn/],
  ['sends a line without end', ['x'.repeat(300_000)], /goes on: it sent a message of more than 0.25 MiB/],
  ['sends half of it', ['{"type":"running"}'], /goes on: it did not begin within 50 ms/],
];

for (const [what, answer, outcome] of ANSWERS)
  test(`the successor ${what} in the last step`, { skip }, async (t) => {
    const predecessor = new Predecessor(t);
    const socket = name();
    predecessor.giver.offer(socket);
    const script: Cue[] = [
      { on: 'connection', write: [HELLO] },
      { on: 'state', write: [READY] },
      { on: 'final', write: answer },
    ];
    const heard = playSuccessor(t, socket, script);
    const { successors } = predecessor;
    if (outcome !== 'given') {
      await predecessor.warned(outcome);
      await waitFor('the end', 5000, () => heard.includes('end'));
      assert.deepEqual(heard, ['connection', 'state', 'final', 'refused', 'end']);
      assert.deepEqual(successors, []);
      await predecessor.kernel.load(Bulky);
      return;
    }
    await waitFor('the answer', 5000, () => successors.length > 0);
    assert.ok(predecessor.kernel.succession.held === undefined);
    assert.throws(() => predecessor.kernel.succession.hold('x'), { code: 'EAGAIN' });
  });

test('tells the modules of a pause only when so much is handed over that others would notice it', {
  skip,
}, async (t) => {
  for (const [size, told] of [
    [1000, []],
    [600_000, ['pausing']],
  ] as const) {
    const predecessor = new Predecessor(t);
    const { giver, kernel, successors } = predecessor;
    const phases: string[] = [];
    kernel.eventhandler.register('succession_event', (phase) => phases.push(phase));
    @Module({ name: 'sized' })
    class Sized {
      handover(): Json {
        return `${phases.length}`.padEnd(size, 'x');
      }
    }
    await kernel.load(Sized);
    const socket = name();
    giver.offer(socket);
    const script: Cue[] = [
      { on: 'connection', write: [HELLO] },
      { on: 'state', write: [READY] },
      { on: 'final', write: [RUNNING] },
    ];
    playSuccessor(t, socket, script);
    await waitFor('the answer', 5000, () => successors.length > 0);
    assert.deepEqual(phases, told);
  }
});

/** Hands over more than a socket holds. */
@Module({ name: 'bulky' })
class Bulky {
  handover(): Json {
    return 'x'.repeat(4_000_000);
  }
}

test('a successor that does not read holds nothing up, neither at first nor in the last step', {
  skip,
}, async (t) => {
  const predecessor = new Predecessor(t);
  await predecessor.kernel.load(Bulky);
  const socket = name();
  predecessor.giver.offer(socket);
  const libc = Libc.load();
  const deaf = libc.open(AF_UNIX, SOCK_STREAM, 0, (fd) => libc.connect(fd, new SocketAddress(socket).bytes));
  t.after(() => libc.close(deaf));
  libc.send(deaf, Buffer.from(HELLO));
  const longest = monitorEventLoopDelay({ resolution: 1 });
  longest.enable();
  await predecessor.warned(/prepares to take over/);
  await elapse(100);
  libc.send(deaf, Buffer.from(READY));
  await predecessor.warned(/goes on: it does not read what it is sent/);
  longest.disable();
  assert.ok(longest.max / 1e6 < 500, `it stood still for ${longest.max / 1e6} ms`);
  assert.deepEqual(predecessor.successors, []);
});

/** Hands over what has four pauses. */
@Module({ name: 'sizeable' })
class Sizeable {
  handover(): Json {
    return 'x'.repeat(2_000_000);
  }
}

test('a large state has a longer pause, since taking it over takes longer', { skip }, async (t) => {
  const predecessor = new Predecessor(t);
  await predecessor.kernel.load(Sizeable);
  predecessor.kernel.sysctl.set('test.pause', 300);
  const socket = name();
  predecessor.giver.offer(socket);
  // 10 ms apart, so that the answer is whole in the second of four pauses.
  const slow = ['{', ...Array.from({ length: 40 }, () => ' '), '"type":"running"}\n'];
  playSuccessor(t, socket, [
    { on: 'connection', write: [HELLO] },
    { on: 'state', write: [READY] },
    { on: 'final', write: slow },
  ]);
  const { successors, warnings } = predecessor;
  await waitFor(
    'the answer',
    5000,
    () => successors.length > 0,
    () => warnings.join('\n'),
  );
});

test('what is being changed is waited for; what does not end is named, and the kernel goes on', {
  skip,
}, async (t) => {
  const predecessor = new Predecessor(t);
  const { kernel, clock } = predecessor;
  const greet = (): Peer => {
    const socket = name();
    predecessor.giver.offer(socket);
    const peer = new Peer(t, socket);
    peer.hello();
    return peer;
  };
  const applying = kernel.succession.hold('settings are being applied');
  const first = greet();
  await predecessor.warned(/prepares to take over/);
  await elapse(50);
  assert.deepEqual(first.heard, []);
  applying[Symbol.dispose]();
  assert.equal((await first.next())?.type, 'state');
  await assert.rejects(kernel.load(Bulky), { code: 'EAGAIN', message: /an upgrade is under way/ });
  first.link.send({ type: 'refused', reason: 'no disk' });
  await predecessor.warned(/no disk/);
  await kernel.load(Bulky);
  kernel.succession.hold('the last change has not been confirmed yet');
  const second = greet();
  await waitFor(
    'the second',
    5000,
    () => predecessor.warnings.filter((text) => /prepares/.test(text)).length > 1,
  );
  clock.advanceSync(5001);
  assert.deepEqual(await second.next(), {
    type: 'refused',
    reason: 'the last change has not been confirmed yet',
  });
  await predecessor.warned(/goes on: the last change has not been confirmed yet/);
});

test('a successor that ends while a change is waited for leaves the kernel free', { skip }, async (t) => {
  const predecessor = new Predecessor(t);
  const { kernel, giver } = predecessor;
  const applying = kernel.succession.hold('settings are being applied');
  const socket = name();
  giver.offer(socket);
  const peer = new Peer(t, socket);
  peer.hello();
  await predecessor.warned(/prepares to take over/);
  peer.link[Symbol.dispose]();
  await predecessor.warned(/goes on: it has ended/);
  applying[Symbol.dispose]();
  await elapse(0);
  kernel.succession.hold('more settings are being applied')[Symbol.dispose]();
});
