/**
 * The predecessor's side of an upgrade, on real sockets. That it hands over is shown in the laboratory: it stands still for
 * the answer, so the successor has to be another process.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { Kernel, VirtualClock } from '../../../core/index.js';
import { Giver, type Successor } from '../../../modules/upgrade/giver.js';
import { Link } from '../../../modules/upgrade/link.js';
import { PROTOCOL, type UpgradeMessage } from '../../../modules/upgrade/protocol.js';
import { needs } from '../../support/needs.js';

const skip = needs('native');
const name = (): string => `@carpet-test-${randomUUID()}`;

/** A giver, and what it has done. */
class Predecessor {
  readonly clock = new VirtualClock();
  readonly warnings: string[] = [];
  readonly successors: Successor[] = [];
  readonly giver: Giver;

  constructor(t: TestContext) {
    const kernel = new Kernel({ clock: this.clock, log: ({ message }) => this.warnings.push(message) });
    t.after(() => kernel.shutdown());
    const { clock, log, succession, sysctl } = kernel;
    const ms = (of: string, value: number) => sysctl.int(`test.${of}`, { description: of, value });
    const [pause, patience] = [ms('pause', 50), ms('patience', 60_000)];
    const given = (successor: Successor): unknown => this.successors.push(successor);
    this.giver = new Giver({ clock, log, succession, pause, patience, modules: () => [], given });
    t.after(() => this.giver[Symbol.dispose]());
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
  assert.throws(() => giver.offer(name()), { code: 'EBUSY' });
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
    const { giver, successors, warnings } = new Predecessor(t);
    const socket = name();
    giver.offer(socket);
    const peer = new Peer(t, socket);
    await act(peer);
    while (!warnings.some((text) => reason.test(text)))
      await new Promise((resolve) => setTimeout(resolve, 2));
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
  assert.equal(await peer.next(), undefined);
  assert.throws(() => peer.link.send({ type: 'ready', modules: [] }), { code: 'EPIPE' });
  peer.link[Symbol.dispose]();
  assert.throws(() => peer.link.send({ type: 'ready', modules: [] }), {
    code: 'EPIPE',
    message: 'the conversation has ended',
  });
});
