/** Errors of modules name the module, however deep the dependency. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CarpetError, inject, Kernel, KldError, Module, type ModuleClass } from '../../../core/index.js';

class Refused extends CarpetError {}

const refusal = new Refused('EPERM', 'needs CAP_NET_RAW: run it as root');
const plain = new Error('connect ECONNREFUSED 127.0.0.1:5432');

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
] as const) {
  test(`${code} of a ${place} names the module, also to those that only depend on it`, async () => {
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

test('a token that nothing provides is named with the module and the parameter', async () => {
  const TOKEN = Symbol('their database');
  @Module({ name: 'asking' })
  class Asking {
    constructor(
      @inject(Kernel) readonly kernel: Kernel,
      @inject(TOKEN) readonly database: unknown,
    ) {}
  }
  await assert.rejects(new Kernel().load(Asking), {
    code: 'EDEPEND',
    module: 'asking',
    message:
      "asking: parameter 2 of Asking's constructor injects Symbol(their database), which nothing provides",
  });
});

test('a schema that throws names the module', async () => {
  const settings: StandardSchemaV1 = {
    '~standard': {
      version: 1,
      vendor: 'mine',
      validate: () => {
        throw new Error('out of order');
      },
    },
  };
  @Module({ name: 'picky', settings })
  class Picky {}
  await assert.rejects(new Kernel().load(Picky), {
    code: 'ESETTINGS',
    module: 'picky',
    message: 'picky: its settings schema failed: out of order',
  });
});
