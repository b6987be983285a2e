/** Errors of modules name the module, however deep the dependency. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  CarpetError,
  describe,
  inject,
  Kernel,
  KldError,
  Module,
  type ModuleClass,
} from '../../../core/index.js';

class Refused extends CarpetError {}

const refusal = new Refused('EPERM', 'needs CAP_NET_RAW: run it as root');
const plain = new Error('connect ECONNREFUSED 127.0.0.1:5432');
const named = new Refused('EINVAL', 'database: no such table');
const namedBelow = new Refused('EINVAL', 'database/connection: no such table');
const ofTheirs = Object.assign(new Error('no luck'), { module: 'theirs' });

/** A module that throws in one place. */
function failing(place: 'constructor' | 'start' | 'stop', error: unknown): ModuleClass {
  @Module({ name: 'database' })
  class Database {
    constructor() {
      if (place === 'constructor') throw error;
    }

    async start(): Promise<void> {
      if (place === 'start') throw error;
    }

    async stop(): Promise<void> {
      if (place === 'stop') throw error;
    }
  }
  return Database;
}

for (const [place, cause, code, message] of [
  ['constructor', plain, 'ESTART', 'database: its constructor failed: connect ECONNREFUSED 127.0.0.1:5432'],
  ['start', plain, 'ESTART', 'database: its start failed: connect ECONNREFUSED 127.0.0.1:5432'],
  ['start', refusal, 'EPERM', 'database: needs CAP_NET_RAW: run it as root'],
  ['start', 'a text', 'ESTART', 'database: its start failed: a text'],
  ['start', undefined, 'ESTART', 'database: its start failed: undefined'],
  ['start', named, 'EINVAL', 'database: no such table'],
  ['start', namedBelow, 'EINVAL', 'database/connection: no such table'],
  ['start', ofTheirs, 'ESTART', 'database: its start failed: no luck'],
] as const) {
  test(`${code} of a ${place} that throws ${describe(cause)} names the module, also to those that only depend on it`, async () => {
    @Module({ name: 'app', depends: [failing(place, cause)] })
    class App {}
    const kernel = new Kernel();
    const error = await kernel.load(App).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof KldError);
    assert.deepEqual([error.code, error.message, error.module], [code, message, 'database']);
    assert.equal(error.cause, cause);
    assert.deepEqual(kernel.modules(), []);
  });
}

test('a module that loads another one in its start fails with the other’s error', async () => {
  @Module({ name: 'app' })
  class App {
    constructor(@inject(Kernel) private readonly kernel: Kernel) {}

    async start(): Promise<void> {
      await this.kernel.load(failing('start', plain));
    }
  }
  await assert.rejects(new Kernel().load(App), {
    code: 'ESTART',
    module: 'database',
    message: 'database: its start failed: connect ECONNREFUSED 127.0.0.1:5432',
  });
});

test('what stop throws names the module, which is gone all the same', async () => {
  const kernel = new Kernel();
  const module = failing('stop', plain);
  await kernel.load(module);
  const expected = { name: 'KldError', code: 'ESTOP', module: 'database', cause: plain };
  await assert.rejects(kernel.unload(module), expected);
  assert.deepEqual(kernel.modules(), []);
  await kernel.load(module);
  await assert.rejects(kernel.shutdown(), expected);
});

test('of a load that fails the caller gets the reason, not what a dependency throws that goes with it', async () => {
  const log: string[] = [];
  const kernel = new Kernel({ log: ({ message }) => log.push(message) });
  @Module({ name: 'app', depends: [failing('stop', plain)] })
  class App {
    start(): void {
      throw new Error('no port');
    }
  }
  await assert.rejects(kernel.load(App), {
    code: 'ESTART',
    module: 'app',
    message: 'app: its start failed: no port',
  });
  assert.deepEqual(kernel.modules(), []);
  assert.deepEqual(log, ['load of app: database: its stop failed: connect ECONNREFUSED 127.0.0.1:5432']);
});

test('of an unload that fails the caller gets the error of the module itself, before those of its dependencies', async () => {
  const kernel = new Kernel();
  @Module({ name: 'app', depends: [failing('stop', plain)] })
  class App {
    stop(): void {
      throw new Error('still busy');
    }
  }
  await kernel.load(App);
  await assert.rejects(kernel.unload(App), { code: 'ESTOP', module: 'app', message: /still busy/ });
  assert.deepEqual(kernel.modules(), []);
});

for (const [token, named] of [
  [Symbol('their database'), 'Symbol(their database)'],
  ['their-database', 'their-database'],
  // As plain JavaScript can say it.
  [{} as never, 'a token'],
] as const)
  test(`${named} that nothing provides is named with the module and the parameter`, async () => {
    @Module({ name: 'asking' })
    class Asking {
      constructor(
        @inject(Kernel) readonly kernel: Kernel,
        @inject(token) readonly database: unknown,
      ) {}
    }
    await assert.rejects(new Kernel().load(Asking), {
      code: 'EDEPEND',
      module: 'asking',
      message: `asking: parameter 2 of Asking's constructor injects ${named}, which nothing provides`,
    });
  });

for (const [how, validate, message] of [
  [
    'throws',
    () => {
      throw new Error('out of order');
    },
    'picky: its settings schema failed: out of order',
  ],
  ['rejects', () => Promise.reject(new Error('late')), 'picky: its settings schema failed: late'],
  [
    'names issues by plain keys',
    () => ({ issues: [{ message: 'no port', path: ['peers', 2, { key: 'port' }] }, { message: 'odd' }] }),
    'picky: settings.peers[2].port: no port; settings: odd',
  ],
] as const)
  test(`a schema that ${how} names the module`, async () => {
    const settings: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'mine', validate } };
    @Module({ name: 'picky', settings })
    class Picky {}
    const error: unknown = await new Kernel().load(Picky).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof KldError);
    assert.deepEqual([error.code, error.message], ['ESETTINGS', message]);
  });
