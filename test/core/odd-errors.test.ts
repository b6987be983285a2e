/** Anything can be thrown, also what throws when it is looked at: it is reported as every error, and stops nobody. */
import assert from 'node:assert/strict';
import { describe as suite, test } from 'node:test';
import { describe, isOf, stackOf } from '../../core/errors.js';
import { inject, Kernel, type LogRecord, Module, Scope, VirtualClock } from '../../core/index.js';
import { moduleFailure } from '../../core/kld/errors.js';
import { failureOf } from '../../modules/worker/failure.js';
import './eventhandler/events.js';

const fails = (): never => {
  throw new Error('not to be read');
};
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const cycle: { self?: object } = {};
cycle.self = cycle;

const ODD: Record<string, unknown> = {
  undefined: undefined,
  'a frozen error': Object.freeze(new Error('frozen')),
  'a revoked proxy': revoked(),
  'a proxy that lets nobody look': new Proxy(new Error('hidden'), { get: fails, getPrototypeOf: fails }),
  'a message that is a symbol': Object.assign(new Error(), { message: Symbol('message') }),
  'a message without a text': Object.assign(new Error(), { message: { toString: fails } }),
  'a message that throws': Object.defineProperty(new Error('x'), 'message', { get: fails }),
  'a name that is a symbol': Object.assign(new Error(), { name: Symbol('name') }),
  'a stack that throws': Object.defineProperty(new Error('x'), 'stack', { get: fails }),
  'a stack that is none': Object.assign(new Error('x'), { stack: 5 }),
  'a bare object': Object.create(null),
  'a circle': cycle,
};

@Module({ name: 'odd' })
class Odd {
  constructor(@inject(Scope) readonly scope: Scope) {}
}

async function loaded() {
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const kernel = new Kernel({ clock, log: (record) => records.push(record) });
  const { scope } = await kernel.load(Odd);
  const errors = (): number => records.filter(({ level }) => level === 'error').length;
  const count = (name: string): unknown => kernel.sysctl.get(`kern.${name}_errors`)?.value;
  return { clock, kernel, scope, errors, count };
}

for (const [name, thrown] of Object.entries(ODD)) {
  const throwIt = (): never => {
    throw thrown;
  };

  suite(name, () => {
    test('thrown by handlers stops no other handler and no caller, whatever they are called by', async () => {
      const { clock, kernel, scope, errors, count } = await loaded();
      scope.register('test_event', throwIt);
      scope.register('test_event', async () => throwIt());
      let others = 0;
      kernel.eventhandler.register('test_event', () => others++, undefined, 20_000);
      kernel.eventhandler.invoke('test_event', 'x');
      await clock.advance(0);
      await kernel.eventhandler.invokeAsync('test_event', 'x');
      assert.equal(others, 2);
      assert.equal(count('handler'), 4);
      assert.ok(errors() > 0);
    });

    test('thrown by callouts and tasks is reported under their names', async () => {
      const { clock, scope, errors, count } = await loaded();
      scope.callout('odd', throwIt).reset(1);
      scope.callout('odd, later', async () => throwIt()).reset(2);
      await clock.advance(3);
      assert.equal(count('callout'), 2);
      await scope.spawn('odd', throwIt);
      assert.equal(count('task'), 1);
      assert.equal(errors(), 3);
    });

    test('has a text, and becomes an error of its module and a value', () => {
      assert.equal(typeof describe(thrown), 'string');
      assert.equal(isOf(thrown, RangeError), false);
      assert.ok(['string', 'undefined'].includes(typeof stackOf(thrown)));
      assert.equal(moduleFailure('odd', 'start', 'ESTART', thrown).code, 'ESTART');
      assert.equal(failureOf(thrown).code, 'EMODULE');
    });
  });
}
