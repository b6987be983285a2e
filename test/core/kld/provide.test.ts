/** What a kernel's user provides for injection: tokens, values, classes, factories, and how long they are kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineModule,
  inject,
  injectable,
  Kernel,
  Log,
  Module,
  type Provider,
  provider,
  Scope,
  token,
} from '../../../core/index.js';

interface Database {
  read(): string;
}
const DATABASE = token<Database>('database');

@injectable()
class Courier {
  constructor(
    @inject(DATABASE) readonly database: Database,
    @inject(Scope) readonly scope: Scope,
  ) {}
}

@Module({ name: 'shop' })
class Shop {
  constructor(
    @inject(DATABASE) readonly database: Database,
    @inject(Courier) readonly courier: Courier,
    @inject(Courier) readonly second: Courier,
  ) {}
}

const database = (text: string): Provider => provider(DATABASE, { useValue: { read: () => text } });

test('a value is injected for its token, also into the classes that a module injects; each kernel has its own', async () => {
  await using first = new Kernel({ provide: [database('one')] });
  await using second = new Kernel({ provide: [database('two')] });
  const [one, two] = [await first.load(Shop), await second.load(Shop)];
  assert.equal(one.database.read() + one.courier.database.read(), 'oneone');
  assert.equal(two.database.read() + two.courier.database.read(), 'twotwo');
  assert.equal(one.courier.scope.name, 'shop');
  assert.notEqual(one.courier, one.second);
});

test('of two providers of a token the later one counts; without one the module and the parameter are named', async () => {
  await using kernel = new Kernel({ provide: [database('real'), database('fake')] });
  assert.equal((await kernel.load(Shop)).database.read(), 'fake');
  await using none = new Kernel();
  await assert.rejects(none.load(Shop), {
    code: 'EDEPEND',
    message: /^shop: parameter 1 of Shop's constructor injects Symbol\(database\), which nothing provides/,
  });
});

test('what injects comes typed to a defined module, by symbols, texts and classes', async () => {
  const said: string[] = [];
  const module = defineModule({
    name: 'reader',
    inject: { database: DATABASE, courier: Courier },
    start: ({ database, courier }) => void said.push(database.read(), courier.database.read()),
  });
  const fake = { database: { read: () => 'faked' } } as unknown as Courier;
  await using kernel = new Kernel({ provide: [database('here'), { token: Courier, useValue: fake }] });
  await kernel.load(module);
  assert.deepEqual(said, ['here', 'faked']);
});

test('what a provided class would inject itself is not looked for', async () => {
  @Module({ name: 'stock' })
  class Stock {}
  @injectable()
  class Repository {
    constructor(@inject(Stock) readonly stock: Stock) {}
  }
  @injectable()
  class Search {
    constructor(@inject(Repository) readonly repository: Repository) {}
  }
  const module = defineModule({
    name: 'finder',
    inject: { search: Search },
    state: ({ search }) => search.repository,
  });
  const fake = {} as Repository;
  await using kernel = new Kernel({ provide: [provider(Repository, { useValue: fake })] });
  assert.equal((await kernel.load(module)).state, fake);
});

@injectable()
class Counted {
  static made = 0;
  readonly number = ++Counted.made;
  constructor(@inject(Log) readonly log: Log) {}
}

@Module({ name: 'a' })
class A {
  constructor(
    @inject(Counted) readonly first: Counted,
    @inject(Counted) readonly second: Counted,
  ) {}
}
@Module({ name: 'b' })
class B {
  constructor(@inject(Counted) readonly first: Counted) {}
}

for (const [lifetime, expected] of [
  [undefined, [1, 2, 3]],
  ['transient', [1, 2, 3]],
  ['module', [1, 1, 2]],
] as const) {
  test(`a class of the lifetime ${lifetime} is built as often as that says`, async () => {
    Counted.made = 0;
    const provide = [provider(Counted, { useClass: Counted, ...(lifetime && { lifetime }) })];
    await using kernel = new Kernel({ provide });
    const [a, b] = [await kernel.load(A), await kernel.load(B)];
    assert.deepEqual(
      [a.first, a.second, b.first].map(({ number }) => number),
      expected,
    );
    const other = await kernel.load(B, undefined, { as: 'b-two' });
    assert.equal(other.first.number, expected[2] + 1, 'another instance is another module');
  });
}

test('what is kept for the kernel is made once, with nothing of the module that asks first', async () => {
  let made = 0;
  const ticks = token<{ n: number }>('ticks');
  const alias = token<{ n: number }>('alias');
  const provide = [
    provider(ticks, { useFactory: () => ({ n: ++made }), lifetime: 'kernel' }),
    provider(alias, { useToken: ticks }),
    provider(Counted, { useClass: Counted, lifetime: 'kernel' }),
  ];
  const user = (name: string) =>
    defineModule({ name, inject: { ticks, alias }, state: ({ ticks, alias }) => [ticks.n, alias.n] });
  await using kernel = new Kernel({ provide });
  assert.deepEqual((await kernel.load(user('one'))).state, [1, 1]);
  assert.deepEqual((await kernel.load(user('two'))).state, [1, 1]);
  await assert.rejects(kernel.load(A), { code: 'ESTART', module: 'a' });
});

test('what a factory injects comes from the module that asks', async () => {
  const label = token<string>('label');
  const provide = [provider(label, { useFactory: (get) => `label of ${get(Scope).name}` })];
  await using kernel = new Kernel({ provide });
  const { state } = await kernel.load(
    defineModule({ name: 'labelled', inject: { label }, state: ({ label }) => label }),
  );
  assert.equal(state, 'label of labelled');
});

test('what is no provider is refused when the kernel is made', () => {
  const refused = (given: unknown): string => {
    try {
      new Kernel({ provide: [given] as never });
    } catch (error) {
      assert.equal((error as { code: string }).code, 'EINVAL');
      return (error as Error).message;
    }
    return 'accepted';
  };
  assert.match(refused(undefined), /a provider is \{ token, useValue \}/);
  assert.match(refused({ token: 5, useValue: 1 }), /a provider is/);
  assert.match(refused({ token: 'x' }), /x needs one of useValue/);
  assert.match(refused({ token: 'x', useValue: 1, useClass: A }), /x needs one of/);
  assert.match(refused({ token: A, useValue: {} }), /A is a module: .* override, \[\[A, Fake\]\]/);
  assert.match(refused({ token: 'x', useClass: Counted, lifetime: 'singleton' }), /not singleton/);
});

test('providers that need each other are named, and one that failed can be asked again', async () => {
  let fails = true;
  const make = (): string => {
    if (fails) throw new Error('no database');
    return 'here';
  };
  await using kernel = new Kernel({
    provide: [
      { token: 'egg', useToken: 'hen' },
      { token: 'hen', useFactory: (get) => get('egg') },
      { token: 'database', useFactory: make, lifetime: 'kernel' },
    ],
  });
  const farm = defineModule({ name: 'farm', inject: { egg: 'egg' } });
  await assert.rejects(kernel.load(farm), /provide: egg needs itself: egg, hen, egg/);
  const shop = defineModule({ name: 'shop', inject: { database: 'database' } });
  await assert.rejects(kernel.load(shop), /no database/);
  fails = false;
  await kernel.load(shop);
});
