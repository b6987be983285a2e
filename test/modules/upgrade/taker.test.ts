/** The successor's side of an upgrade, on real sockets: at most one of the two is ever at work, whatever the other does. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inject, Kernel, Module, Succession, VirtualClock } from '../../../core/index.js';
import { AF_UNIX, Libc, SOCK_NONBLOCK, SOCK_STREAM, SocketAddress } from '../../../modules/libc/index.js';
import { askForOffer, Takeover } from '../../../modules/upgrade/index.js';
import { Link } from '../../../modules/upgrade/link.js';
import { MAX_STATES, PROTOCOL, type UpgradeMessage } from '../../../modules/upgrade/protocol.js';
import { elapse, waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';

const skip = needs('native');

/** What a module of the successor has been told. */
const told: string[] = [];

@Module({ name: 'counting' })
class Counting {
  constructor(@inject(Succession) private readonly succession: Succession) {}

  takeover(): void {
    told.push(this.succession.standby ? 'takeover' : 'takeover at work');
  }
}

/** A successor before a predecessor that does what the test says. */
class Scene {
  readonly clock = new VirtualClock();
  readonly heard: (UpgradeMessage | undefined)[] = [];
  readonly warnings: string[] = [];
  readonly phases: string[] = [];
  readonly #socket = `@carpet-test-${randomUUID()}`;
  readonly #libc = Libc.load();
  readonly #listener: number;
  link!: Link;

  constructor(readonly t: TestContext) {
    told.length = 0;
    this.#listener = this.#libc.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (fd) => {
      this.#libc.bind(fd, new SocketAddress(this.#socket).bytes);
      this.#libc.listen(fd, 1);
    });
    t.after(() => this.#libc.close(this.#listener));
  }

  begin(): Promise<Takeover> {
    const terms = { protocol: PROTOCOL, version: '0', pid: 7, socket: this.#socket, managed: false };
    const takeover = Takeover.begin(terms, this.clock);
    const fd = this.#libc.accept(this.#listener);
    this.link = new Link(this.#libc, fd, MAX_STATES, (message) => this.heard.push(message));
    this.t.after(() => this.link[Symbol.dispose]());
    return takeover;
  }

  async hears(type: UpgradeMessage['type'] | 'end'): Promise<void> {
    await waitFor(type, 5000, () => this.heard.some((each) => (each?.type ?? 'end') === type));
  }

  /** Stands by with one module. */
  async standBy(): Promise<{ takeover: Takeover; kernel: Kernel }> {
    const beginning = this.begin();
    this.link.send({ type: 'state', states: { counting: 1 } });
    const takeover = await beginning;
    const kernel = new Kernel({
      clock: this.clock,
      predecessor: takeover.states,
      log: ({ message }) => this.warnings.push(message),
    });
    this.t.after(() => kernel.shutdown());
    kernel.eventhandler.register('succession_event', (phase) => this.phases.push(phase));
    await kernel.load(Counting);
    return { takeover, kernel };
  }

  /** Is at work, and waits for `given`. */
  async run(): Promise<{ finished: Promise<void>; kernel: Kernel }> {
    const { takeover, kernel } = await this.standBy();
    const finished = takeover.finish(kernel);
    finished.catch(() => undefined);
    await this.hears('ready');
    this.link.send({ type: 'final', states: { counting: 2 } });
    await this.hears('running');
    assert.deepEqual(this.phases, ['begun']);
    return { finished, kernel };
  }
}

test('a predecessor that does not send its state is given up', { skip }, async (t) => {
  const scene = new Scene(t);
  const beginning = scene.begin();
  await scene.hears('hello');
  scene.clock.advanceSync(10_001);
  await assert.rejects(beginning, {
    code: 'EHANDOVER',
    message: 'process 7 did not answer within 10 s, so this process does not start: restart it if it hangs',
  });
  await scene.hears('end');
});

test('one that does not hand over is given up: nothing was changed, and it cannot hand over any more', {
  skip,
}, async (t) => {
  const scene = new Scene(t);
  const { takeover, kernel } = await scene.standBy();
  const finished = takeover.finish(kernel);
  await scene.hears('ready');
  scene.clock.advanceSync(10_001);
  await assert.rejects(finished, { code: 'EHANDOVER', message: /did not answer within 10 s/ });
  // It wakes up.
  assert.throws(() => scene.link.send({ type: 'final', states: { counting: 2 } }), { code: 'EPIPE' });
  await scene.hears('end');
  assert.deepEqual([scene.phases, told, kernel.succession.standby], [[], ['takeover'], true]);
});

test('one that sleeps when this one is at work need not be waited for, and leaves when it wakes', {
  skip,
}, async (t) => {
  const scene = new Scene(t);
  const { finished, kernel } = await scene.run();
  scene.clock.advanceSync(10_001);
  await finished;
  assert.match(scene.warnings.join('\n'), /^process 7 does not answer; it ends as soon as it can/);
  assert.equal(kernel.succession.standby, false);
  scene.link.send({ type: 'given' });
  scene.link[Symbol.dispose]();
  await waitFor('alone', 5000, () => scene.phases.includes('alone'));
  assert.deepEqual(scene.phases, ['begun', 'alone']);
});

test('one that ends when this one is at work is not missed', { skip }, async (t) => {
  const scene = new Scene(t);
  const { finished } = await scene.run();
  scene.link[Symbol.dispose]();
  await finished;
  assert.deepEqual([scene.phases, scene.warnings], [['begun', 'alone'], []]);
});

test('one that goes on against all rules is yielded to', { skip }, async (t) => {
  const scene = new Scene(t);
  const { finished } = await scene.run();
  scene.link.send({ type: 'refused', reason: 'no' });
  await assert.rejects(finished, { code: 'EHANDOVER', message: /process 7 goes on, .*: no$/ });
  assert.deepEqual(scene.phases, ['begun', 'given']);
});

test('one that could not wait goes on, and this one says so', { skip }, async (t) => {
  const scene = new Scene(t);
  const { takeover, kernel } = await scene.standBy();
  const finished = takeover.finish(kernel);
  finished.catch(() => undefined);
  await scene.hears('ready');
  scene.link.send({ type: 'final', states: { counting: 2 } });
  scene.link[Symbol.dispose]();
  await assert.rejects(finished, {
    code: 'EHANDOVER',
    message: /^process 7 goes on, .*: it could not wait any longer: raise its kern.upgrade.pause$/,
  });
  assert.deepEqual([scene.phases, told], [['given'], ['takeover', 'takeover']]);
});

/** Takes some time to stop. */
@Module({ name: 'lingering' })
class Lingering {
  stop(): Promise<void> {
    return elapse(100);
  }
}

test('one that is told to end does not take over any more, and the predecessor learns why at once', {
  skip,
}, async (t) => {
  const scene = new Scene(t);
  const { takeover, kernel } = await scene.standBy();
  takeover.heedShutdown(kernel);
  await kernel.load(Lingering);
  const finished = takeover.finish(kernel);
  finished.catch(() => undefined);
  await scene.hears('ready');
  const ended = kernel.shutdown();
  await scene.hears('refused');
  assert.throws(() => scene.link.send({ type: 'final', states: { counting: 2 } }), { code: 'EPIPE' });
  await ended;
  await scene.hears('end');
  assert.deepEqual(
    scene.heard.map((each) => each?.type),
    ['hello', 'ready', 'refused', undefined],
  );
  assert.deepEqual([scene.phases, told], [[], ['takeover']]);
});

test('one that is at work and told to end waits for its predecessor to leave', { skip }, async (t) => {
  const scene = new Scene(t);
  const { takeover, kernel } = await scene.standBy();
  takeover.heedShutdown(kernel);
  await kernel.load(Lingering);
  const finished = takeover.finish(kernel);
  await scene.hears('ready');
  scene.link.send({ type: 'final', states: { counting: 2 } });
  await scene.hears('running');
  const ended = kernel.shutdown();
  scene.link.send({ type: 'given' });
  await finished;
  await ended;
  assert.ok(!scene.heard.some((each) => each?.type === 'refused'));
});

const WRONG: readonly (readonly [what: string, act: (scene: Scene) => void, reason: RegExp])[] = [
  ['ends', ({ link }) => link[Symbol.dispose](), /process 7 does not hand over, .*: it has ended$/],
  ['refuses', ({ link }) => link.send({ type: 'refused', reason: 'busy' }), /process 7 goes on, .*: busy$/],
  [
    'says something else',
    ({ link }) => link.send({ type: 'given' }),
    /process 7 goes on, .*: it sent given out of turn$/,
  ],
];

for (const [what, act, reason] of WRONG)
  test(`a predecessor that ${what} in place of the last state keeps its place`, { skip }, async (t) => {
    const scene = new Scene(t);
    const { takeover, kernel } = await scene.standBy();
    const finished = takeover.finish(kernel);
    finished.catch(() => undefined);
    await scene.hears('ready');
    act(scene);
    await assert.rejects(finished, { code: 'EHANDOVER', message: reason });
    takeover.abandon('over');
    assert.deepEqual([scene.phases, told], [[], ['takeover']]);
  });

test('a kernel that does not answer is not waited for', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-taker-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'control.sock');
  const server = createServer((connection) => t.after(() => connection.destroy()));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => server.close());
  const clock = new VirtualClock();
  const asking = askForOffer(path, clock);
  clock.advanceSync(10_001);
  await assert.rejects(asking, {
    code: 'EHANDOVER',
    message: `the kernel at ${path} does not answer within 10 s, so this process does not start: restart it if it hangs`,
  });
});
