import './events.js';
import { execFileSync } from 'node:child_process';
import * as v from 'valibot';
import {
  EventHandler,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  Scope,
  SETTINGS,
  Sysctl,
  type SysctlInt,
  Veto,
} from '../../../../core/index.js';
import type { Remote } from '../../../../modules/worker/index.js';
import { Ledger } from './ledger.js';

/** Answers what it hears, in its worker. */
@Module({
  name: 'echo',
  depends: [Ledger],
  settings: v.object({ prefix: v.optional(v.string(), 'echo') }),
  offers: ['double'],
})
export class Echo {
  #limit!: SysctlInt;
  stay: string | undefined;
  #held: ({ readonly what: string } & Disposable) | undefined;

  constructor(
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Scope) private readonly scope: Scope,
    @inject(SETTINGS) private readonly settings: { prefix: string },
    @inject(Log) private readonly log: Log,
    @inject(Sysctl) private readonly sysctl: Sysctl,
    @inject(Ledger) private readonly ledger: Remote<Ledger>,
  ) {}

  start(): void {
    this.#limit = this.scope.sysctl.int('dev.echo.limit', { description: 'a limit', value: 7, min: 0 });
  }

  quiesce(): string | undefined {
    return this.stay;
  }

  double(n: number): number {
    if (n < 0) throw new RangeError('negative');
    return 2 * n;
  }

  @EventHandler('worker_test', 5)
  onEarly(what: unknown, ...more: unknown[]): void {
    this.eventhandler.invoke('worker_answer', `${this.settings.prefix} early`, what, ...more);
  }

  @EventHandler('worker_test')
  async onTest(what: unknown, seconds?: unknown): Promise<void> {
    if (what === 'throw') throw new Error('as asked');
    if (what === 'stay') this.stay = 'busy';
    if (what === 'go') this.stay = undefined;
    if (what === 'log') this.log.notice('a line');
    if (what === 'print') console.log('a printed line');
    if (what === 'limit') this.eventhandler.invoke('worker_answer', 'limit', this.#limit.value);
    if (what === 'read') this.eventhandler.invoke('worker_answer', await this.sysctl.read('dev.outside'));
    if (what === 'write') await this.sysctl.write('dev.outside', 5);
    if (what === 'book') this.eventhandler.invoke('worker_answer', await this.ledger.book('coffee', 3));
    if (what === 'hold') {
      this.#held = await this.ledger.hold('a line');
      this.eventhandler.invoke('worker_answer', this.#held.what);
    }
    if (what === 'let go') this.#held?.[Symbol.dispose]();
    if (what === 'forbidden')
      await this.ledger
        .burn()
        .catch((error: Error) => this.eventhandler.invoke('worker_answer', error.message));
    if (what === 'spin') for (;;);
    if (what === 'exit') process.exit(3);
    if (what === 'sleep and exit') {
      // Nothing interrupts it, so that nobody learns where the thread is.
      execFileSync('sleep', [String(seconds)]);
      process.exit(3);
    }
    if (what === 'pid') this.eventhandler.invoke('worker_answer', process.pid);
  }

  @EventHandler('worker_ask')
  async onAsk(what: string, veto: unknown): Promise<void> {
    if (what === 'never') await new Promise(() => undefined);
    if (what === 'no') (veto as Veto).veto('echo says no');
  }
}
