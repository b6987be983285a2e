/** Each line that ends in ERROR must not compile, and every other line must. */
import * as v from 'valibot';
import {
  defineModule,
  inject,
  Kernel,
  Module,
  type ModuleClass,
  provider,
  RANDOM,
  SETTINGS,
  type Settings,
  token,
} from '../../../core/index.js';

const kernel = new Kernel();
const strict = defineModule({ name: 'strict', settings: v.object({ limit: v.number() }) });
const lenient = defineModule({ name: 'lenient', settings: v.object({ limit: v.optional(v.number(), 1) }) });
const none = defineModule({ name: 'none', state: () => ({ count: 0 }) });

// Settings, from the load to the module
void kernel.load(strict, { limit: 1 });
void kernel.load(strict); // ERROR
void kernel.load(strict, { limit: '1' }); // ERROR
void kernel.load(strict, { limt: 1 }); // ERROR
void kernel.load(lenient);
void kernel.load(lenient, {});
void kernel.load(lenient, { limit: '1' }); // ERROR
void kernel.load(none);
void kernel.load(none, { limit: 1 }); // ERROR
void kernel.load(none).then(({ state }) => state.count.toFixed());
void kernel.load(none).then(({ state }) => state.cuont); // ERROR

// Handlers and lifecycle
defineModule({ name: 'm', on: { typed_lnik: () => {} } }); // ERROR
defineModule({ name: 'm', on: { typed_link: (_context, port: string) => port } }); // ERROR
defineModule({ name: 'm', on: { typed_link: (_context, port) => port.nmae } }); // ERROR
defineModule({ name: 'm', on: { typed_link: { handler: () => {}, prority: 5 } } }); // ERROR
defineModule({ name: 'm', start: ({ scop }) => scop }); // ERROR
defineModule({ name: 'm', quiesce: () => 3 }); // ERROR
defineModule({ name: 'm', handover: () => new Map() }); // ERROR
defineModule({ name: 'm', inject: { scope: RANDOM } }); // ERROR
defineModule({ name: 'm', inject: { random: RANDOM }, start: ({ random }) => random.nothing() }); // ERROR
defineModule({ start: () => {} }); // ERROR

// What is offered
const ledger = defineModule({
  name: 'ledger',
  state: () => ['first'],
  offers: { book: ({ state }, entry: string) => state.push(entry), wrong: ({ stat }) => stat }, // ERROR
});
defineModule({ name: 'm', inject: { ledger }, start: ({ ledger }) => void ledger.book('entry') });
defineModule({ name: 'm', inject: { ledger }, start: ({ ledger }) => void ledger.book(5) }); // ERROR
defineModule({ name: 'm', inject: { ledger }, start: ({ ledger }) => void ledger.cook() }); // ERROR

// What is provided
const LIMIT = token<number>('limit');
void new Kernel({ provide: [provider(LIMIT, { useValue: 5 }), { token: 'text', useValue: 'any' }] });
void new Kernel({ provide: [provider(LIMIT, { useValue: '5' })] }); // ERROR
void new Kernel({ provide: [provider(LIMIT, { useFactory: () => '5' })] }); // ERROR
void new Kernel({ provide: [{ token: LIMIT }] }); // ERROR
defineModule({ name: 'm', inject: { limit: LIMIT }, start: ({ limit }) => void limit.toFixed() });
defineModule({ name: 'm', inject: { limit: LIMIT }, start: ({ limit }) => void limit.length }); // ERROR

// The settings of a class
const schema = v.object({ limit: v.pipe(v.string(), v.transform(Number)) });
@Module({ name: 'typed', settings: schema })
class Typed {
  constructor(@inject(SETTINGS) readonly settings: Settings<typeof schema>) {
    settings.limit.toFixed();
    void settings.limt; // ERROR
  }
}
@Module({ name: 'untyped' })
class Untyped {
  constructor(@inject(SETTINGS) readonly settings: { limit: number }) {}
}
void kernel.load(Typed, { limit: '5' });
void kernel.load(Typed, { limit: 5 }); // ERROR
void kernel.load(Typed); // ERROR
void kernel.load(Untyped, { limit: 'unchecked' });
void kernel.load(Untyped);
void new Typed({ limit: 5 });
for (const module of [Typed, Untyped] as ModuleClass[]) void kernel.load(module, { limit: 5 });

// The lifecycle of a class
@Module({ name: 'counting' }) // ERROR
export class Counting {
  start(): number {
    return 1;
  }
}
@Module({ name: 'stopping' }) // ERROR
export class Stopping {
  stop(_why: string, _more: string): void {}
}
@Module({ name: 'quiet' }) // ERROR
export class Quiet {
  quiesce(): number {
    return 3;
  }
}
@Module({ name: 'fitting' })
export class Fitting {
  async start(): Promise<void> {}
  quiesce(): string | undefined {
    return undefined;
  }
  stop(): void {}
}
