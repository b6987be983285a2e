/** Modules in threads: what crosses, in which order, who decides, and what remains when the thread is gone. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EVENTHANDLER_PRI_FIRST, Kernel, Module, Veto } from '../../../core/index.js';
import { WorkerModule, type WorkerOptions } from '../../../modules/worker/index.js';
import { Echo } from './support/echo.js';
import { EchoKernel } from './support/kernel.js';

/** Ways to fill a heap, each as fast as it can. */
const FILLING = {
  numbers: 'const all = []; for (;;) all.push(1.5);',
  objects: 'let all = null; for (;;) all = { all, a: 1, b: 2 };',
  closures: 'const all = []; for (let i = 0; ; i++) all.push(() => i);',
  entries: 'const all = new Map(); for (let i = 0; ; i++) all.set("key " + i, { i });',
  texts: 'const all = []; for (let i = 0; ; i++) all.push(("x" + i).repeat(50).split("").join("-"));',
  arrays: 'const all = []; for (;;) all.push(new Array(1000).fill({}));',
};

/** A file of a user's, in plain JavaScript. */
function moduleFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-worker-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const core = new URL('../../../core/index.js', import.meta.url).href;
  const file = join(folder, 'module.mjs');
  writeFileSync(
    file,
    `import { EventHandler, inject, EventHandlerRegistry, Module, Scope } from '${core}';\n${text}`,
  );
  return file;
}

describe('events to a worker', () => {
  it('cross by value, in order, at the priority of each handler', async () => {
    await using echo = await EchoKernel.start({}, { prefix: 'hello' });
    const { eventhandler } = echo.kernel;
    const mutable = { n: 0, inner: [new Map([[1, new Date(5)]])], f: () => 1 };
    for (let i = 0; i < 2000; i++) {
      mutable.n = i;
      eventhandler.invoke('worker_test', i, mutable);
    }
    await echo.until(() => echo.answers.length === 2000);
    assert.deepEqual(
      echo.answers.map(([, what, value]) => [what, (value as { n: number }).n]),
      Array.from({ length: 2000 }, (_, i) => [i, i]),
    );
    assert.deepEqual(echo.answers[0], ['hello early', 0, { n: 0, inner: [new Map([[1, new Date(5)]])] }]);
    const handlers = eventhandler.lists().find(({ name }) => name === 'worker_test')!.entries;
    assert.deepEqual(
      handlers.map(({ priority, handler, owner }) => [priority, handler, owner]),
      [
        [5, 'echo in its worker', 'echo'],
        [10000, 'echo in its worker', 'echo'],
      ],
    );
  });

  it('are not copied for lists that it does not listen to', async () => {
    await using echo = await EchoKernel.start();
    let looked = 0;
    const watched = {
      get member() {
        looked++;
        return 1;
      },
    };
    echo.kernel.eventhandler.invoke('worker_answer', watched);
    assert.equal(looked, 0);
    echo.kernel.eventhandler.invoke('worker_test', watched);
    assert.equal(looked, 2, 'once for each priority');
  });

  it('are awaited where the list is invoked so, in the order of priorities', async () => {
    await using echo = await EchoKernel.start();
    const order: string[] = [];
    echo.kernel.eventhandler.register('worker_answer', (what) => order.push(String(what)), undefined, 0);
    echo.kernel.eventhandler.register('worker_test', () => order.push('between'), undefined, 7);
    echo.kernel.eventhandler.register('worker_test', () => order.push('after'), undefined, 20_000);
    await echo.kernel.eventhandler.invokeAsync('worker_test', 'read');
    assert.deepEqual(order, ['echo early', 'between', '4', 'after']);
  });

  it('that are too large are left out, and it is said', async () => {
    await using echo = await EchoKernel.start();
    echo.kernel.eventhandler.invoke(
      'worker_test',
      Array.from({ length: 20_000 }, () => ({})),
    );
    assert.equal(echo.isolation.dropped, 2);
    await echo.logged(/worker_test does not reach echo: too large/);
  });

  it('wait up to a limit; then the oldest of the list goes, or the newest, as the list says', async () => {
    for (const overflow of ['oldest', 'newest'] as const) {
      await using echo = await EchoKernel.start({ queue: 10 });
      echo.kernel.eventhandler.defineList('worker_test').remote.overflow = overflow;
      for (let i = 0; i < 20; i++) echo.kernel.eventhandler.invoke('worker_test', i);
      await echo.logged(
        new RegExp(`echo does not keep up: 10 events wait, the ${overflow} of worker_test is dropped`),
      );
      await echo.until(() => echo.answers.length === 5);
      const heard = echo.answers.map(([, what]) => what);
      assert.deepEqual(heard, overflow === 'oldest' ? [15, 16, 17, 18, 19] : [0, 1, 2, 3, 4]);
      assert.equal(echo.isolation.dropped, 30);
    }
  });
});

describe('a veto of a worker', () => {
  it('counts, and its silence refuses unless the list says otherwise', async () => {
    await using echo = await EchoKernel.start({ answerMs: 200 });
    const { eventhandler } = echo.kernel;
    const ask = async (what: string): Promise<string | undefined> => {
      const veto = new Veto();
      await eventhandler.invokeAsync('worker_ask', what, veto);
      return veto.reason;
    };
    assert.equal(await ask('yes'), undefined);
    assert.equal(await ask('no'), 'echo says no');
    assert.equal(await ask('never'), 'echo did not answer within 200 ms');
    const veto = new Veto();
    eventhandler.invoke('worker_ask', 'yes', veto);
    assert.equal(veto.reason, 'echo runs in a worker and cannot answer at once');
    eventhandler.defineList('worker_ask').remote.unanswered = 'allow';
    assert.equal(await ask('never'), undefined);
    assert.equal(await ask('no'), 'echo says no');
  });

  it('keeps its module loaded', async () => {
    await using echo = await EchoKernel.start();
    echo.kernel.eventhandler.invoke('worker_test', 'stay');
    await assert.rejects(echo.kernel.unload('echo'), { code: 'EBUSY', message: 'echo stays loaded: busy' });
    echo.kernel.eventhandler.invoke('worker_test', 'go');
    await echo.kernel.unload('echo');
  });
});

describe('what a module in a worker calls', () => {
  it('are the methods that its dependencies offer', async () => {
    await using echo = await EchoKernel.start();
    assert.deepEqual(await echo.tell('book'), [{ what: 'coffee', total: 1 }]);
    assert.deepEqual(echo.ledger.entries, ['coffee 3']);
    assert.deepEqual(await echo.tell('forbidden'), [
      'ledger does not offer burn to modules in other address spaces; it offers book, hold',
    ]);
    assert.deepEqual(echo.ledger.entries, ['coffee 3']);
  });

  it('offers methods itself, by value', async () => {
    await using echo = await EchoKernel.start();
    const { kernel } = echo;
    assert.equal(await kernel.offers('echo').call('double', [21]), 42);
    await assert.rejects(kernel.offers('echo').call('double', [-1]), { message: 'negative' });
    await assert.rejects(kernel.offers('echo').call('stop', []), { code: 'EOPNOTSUPP' });
  });

  it('has sysctls that are in the tree of the kernel, and reaches those of the kernel', async () => {
    await using echo = await EchoKernel.start({ stallMs: 400 });
    const { sysctl } = echo.kernel;
    assert.equal(sysctl.get('dev.echo.limit')?.value, 7);
    assert.throws(() => sysctl.set('dev.echo.limit', -1), { code: 'ERANGE' });
    sysctl.set('dev.echo.limit', '9');
    assert.deepEqual(await echo.tell('limit'), ['limit', 9]);
    echo.kernel.eventhandler.invoke('worker_test', 'write');
    await echo.until(() => sysctl.get('dev.outside')?.value === 5);
    assert.deepEqual(await echo.tell('read'), [5]);
    echo.kernel.eventhandler.invoke('worker_test', 'exit');
    await echo.logged(/ended itself with exit code 3/);
    await echo.until(() => echo.isolation.state === 'running');
    assert.deepEqual(
      await echo.tell('limit'),
      ['limit', 9],
      'a restarted thread has the value that was written',
    );
    await echo.kernel.unload('echo');
    assert.equal(sysctl.get('dev.echo.limit'), undefined);
  });

  it('writes to the log of the kernel, and so does what it prints', async () => {
    await using echo = await EchoKernel.start();
    for (const word of ['log', 'print', 'throw']) echo.kernel.eventhandler.invoke('worker_test', word);
    assert.deepEqual((await echo.logged(/a line/)).module, 'echo');
    assert.deepEqual((await echo.logged(/a printed line/)).module, 'echo');
    const error = await echo.logged(/failed: as asked/);
    assert.equal(error.message, 'worker_test: handler echo.onTest (priority 10000) failed: as asked');
    assert.equal(echo.kernel.sysctl.get('kern.handler_errors')?.value, 1);
  });
});

describe('a worker that fails', () => {
  it('and stands still is named with its place, ended and started again', async () => {
    // On a machine that is busy with other tests, a thread that starts stands still for a while too.
    await using echo = await EchoKernel.start({ stallMs: 2000 });
    echo.kernel.eventhandler.invoke('worker_test', 'spin');
    const { message } = await echo.logged(/stood still/);
    assert.match(
      message,
      /^its worker stood still for \d+ ms in onTest \(file:.*echo\.js:\d+\) < .*; events lost with it: \d; restart 1 of 5 in 100 ms$/,
    );
    await echo.until(() => echo.isolation.state === 'running');
    assert.equal((await echo.tell('read'))[0], 4);
    assert.equal(echo.isolation.restarts, 1);
  });

  it('too often is given up', async () => {
    await using echo = await EchoKernel.start({ restart: { max: 1, delayMs: 0 } });
    for (let i = 0; i < 2; i++) {
      await echo.until(() => echo.isolation.state === 'running');
      echo.kernel.eventhandler.invoke('worker_test', 'exit');
      await echo.until(() => echo.isolation.state !== 'running');
    }
    await echo.logged(
      /its worker ended itself with exit code 3.*; given up after 1 restarts within 60000 ms: unload it and load it again/,
    );
    assert.equal(echo.isolation.state, 'failed');
    const entries = echo.kernel.eventhandler.lists().find(({ name }) => name === 'worker_test')!.entries;
    assert.equal(entries.length, 0, 'nothing waits for it any more');
    await echo.kernel.unload('echo');
  });

  const hungry = (eat: string): string => `
    export class Hungry {
      eat() { ${eat} }
      churn() { const keep = []; for (let i = 0; i < 3e6; i++) keep[i % 40_000] = { i, list: [i, i, i] }; }
      work() { const end = Date.now() + 200; while (Date.now() < end); setImmediate(() => this.work()); }
    }
    EventHandler('worker_test')(Hungry.prototype, 'on', {});
    Hungry.prototype.on = function (what) { this[what]?.(); };
    Module({ name: 'hungry' })(Hungry);`;

  async function starves(
    t: TestContext,
    word: string,
    limits: WorkerOptions,
    reason: RegExp,
    eat = '',
  ): Promise<void> {
    await using echo = await EchoKernel.start();
    await echo.kernel.load(moduleFile(t, hungry(eat)), undefined, { isolate: { in: 'worker', ...limits } });
    echo.kernel.eventhandler.invoke('worker_test', word);
    assert.equal((await echo.logged(reason, 60_000)).module, 'hungry');
  }

  for (const [what, eat] of Object.entries(FILLING))
    it(`for want of memory for ${what} says so`, (t) =>
      starves(t, 'eat', { memoryMb: 32, stallMs: 60_000 }, /its worker exhausted its heap of 32 MiB/, eat));

  it('in a loop that V8 compiles without a check for interrupts is ended', { timeout: 30_000 }, (t) =>
    starves(t, 'eat', { stallMs: 500 }, /its worker stood still/, 'for (;;) new Array(1000).fill({});'),
  );

  it('in nothing but that it makes garbage fast goes on', async (t) => {
    await using echo = await EchoKernel.start();
    const limits = { in: 'worker', memoryMb: 16, stallMs: 60_000 } as const;
    await echo.kernel.load(moduleFile(t, hungry('')), undefined, { isolate: limits });
    for (let i = 0; i < 3; i++) await echo.kernel.eventhandler.invokeAsync('worker_test', 'churn');
    const { isolation } = echo.kernel.modules().find(({ name }) => name === 'hungry')!;
    assert.deepEqual([isolation?.state, isolation?.restarts], ['running', 0]);
  });

  it('for want of a share of a core says so', (t) =>
    starves(
      t,
      'work',
      { cpu: 0.5, cpuWindowMs: 500 },
      /its worker used \d+ % of a core over 500 ms, of which 50 % are allowed/,
    ));

  it('in its start is refused, and leaves nothing', async (t) => {
    const kernel = new Kernel();
    await kernel.load(WorkerModule);
    const file = moduleFile(
      t,
      `export class Bad { start() { throw new Error('no'); } } Module({ name: 'bad' })(Bad);`,
    );
    await assert.rejects(kernel.load(file, undefined, { isolate: 'worker' }), {
      message: 'bad: its start failed: no',
      code: 'ESTART',
    });
    await assert.rejects(kernel.load(Echo, { prefix: 5 }, { isolate: 'worker' }), {
      code: 'ESETTINGS',
      message: 'echo: settings.prefix: expected a text, not 5',
    });
    assert.deepEqual(
      kernel.modules().map(({ name }) => name),
      ['worker'],
    );
    await kernel.shutdown();
    assert.deepEqual(kernel.clock.callouts(), []);
  });
});

describe('loading into a worker', () => {
  it('runs nothing of a file in the kernel, not even its top level', async (t) => {
    const file = moduleFile(
      t,
      `
      globalThis.ranHere = true;
      export class Quiet { double(n) { return 2 * n; } }
      Module({ name: 'quiet', offers: ['double'] })(Quiet);`,
    );
    await using echo = await EchoKernel.start();
    await echo.kernel.load(file, undefined, { isolate: 'worker' });
    assert.equal(await echo.kernel.offers('quiet').call('double', [2]), 4);
    assert.equal((globalThis as { ranHere?: boolean }).ranHere, undefined);
  });

  it('refuses a class that no import finds, options that do not fit, and a kernel without the module', async () => {
    @Module({ name: 'hidden' })
    class Hidden {}
    const kernel = new Kernel();
    await assert.rejects(kernel.load(Hidden, undefined, { isolate: 'worker' }), {
      code: 'EDEPEND',
      message: /load WorkerModule of carpet-kernel\/worker first/,
    });
    await kernel.load(WorkerModule);
    await assert.rejects(kernel.load(Hidden, undefined, { isolate: 'worker' }), {
      code: 'EMODULE',
      message: /^hidden: its class (is not exported by|stands in the program's main file)/,
    });
    await assert.rejects(kernel.load(Echo, undefined, { isolate: { in: 'worker', memoryMb: -1 } }), {
      code: 'ESETTINGS',
      message: /^isolate: memoryMb: /,
    });
    await assert.rejects(kernel.load('./nowhere.js', undefined, { isolate: 'worker' }), { code: 'ENOENT' });
    await kernel.shutdown();
  });

  it('ends with the unload, within its limit, and leaves nothing behind', async (t) => {
    const file = moduleFile(
      t,
      `
      export class Stuck {
        constructor(scope) { this.scope = scope; }
        start() { this.scope.register('worker_test', async () => { await new Promise(() => {}); }); }
        stop() { return new Promise(() => {}); }
      }
      inject(Scope)(Stuck, undefined, 0);
      Module({ name: 'stuck' })(Stuck);`,
    );
    await using echo = await EchoKernel.start();
    const { kernel } = echo;
    const before = process.getActiveResourcesInfo().length;
    for (let i = 0; i < 3; i++) {
      await kernel.load(file, undefined, { isolate: { in: 'worker', stopMs: 200 } });
      const asked = kernel.eventhandler.invokeAsync('worker_test', 'x');
      const began = performance.now();
      await kernel.unload('stuck');
      await asked;
      assert.ok(performance.now() - began < 3_000);
    }
    await echo.logged(/its worker did not stop within 200 ms and is ended/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(
      process.getActiveResourcesInfo().length <= before + 1,
      process.getActiveResourcesInfo().join(' '),
    );
  });

  it('hands on shutdown events, and the kernel waits for it', async (t) => {
    const file = moduleFile(
      t,
      `
      export class Last {
        constructor(eventhandler, scope) { this.eventhandler = eventhandler; this.scope = scope; }
        start() {
          this.scope.register('shutdown_pre_sync', async (howto) => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            await this.eventhandler.invokeAsync('worker_answer', 'saved', howto);
          }, undefined, ${EVENTHANDLER_PRI_FIRST});
        }
      }
      inject(EventHandlerRegistry)(Last, undefined, 0); inject(Scope)(Last, undefined, 1);
      Module({ name: 'last' })(Last);`,
    );
    const echo = await EchoKernel.start();
    await echo.kernel.load(file, undefined, { isolate: 'worker' });
    const before: number[] = [];
    echo.kernel.eventhandler.register('shutdown_pre_sync', () => before.push(echo.answers.length));
    assert.deepEqual(await echo.kernel.shutdown(), []);
    assert.deepEqual(echo.answers, [['saved', 'halt']]);
    assert.deepEqual(before, [1]);
  });
});
