import './events.js';
import {
  type Counter,
  EventHandler,
  inject,
  Module,
  Scope,
  type SysctlInt,
  type SysctlString,
} from '../../../../core/index.js';

/** Has sysctls of every kind of behaviour, in its worker. */
@Module({ name: 'tuner' })
export class Tuner {
  #state!: SysctlString;
  #count!: Counter;
  #peer: Scope | undefined;

  constructor(@inject(Scope) private readonly scope: Scope) {}

  start(): void {
    const { sysctl } = this.scope;
    this.#state = sysctl.string('dev.tuner.state', { description: 's', value: 'idle', readonly: true });
    this.#count = sysctl.counter('dev.tuner.count', 'c');
    const int = (
      name: string,
      set: (written: number, old: number) => number,
      cumulative = false,
    ): SysctlInt => sysctl.int(`dev.tuner.${name}`, { description: name, value: 2, set, cumulative });
    int('even', (written) => {
      if (written % 2 !== 0) throw new Error('it is odd');
      return written;
    });
    int('fixed', (_written, old) => old);
    int('sum', (written, old) => old + written, true);
  }

  @EventHandler('worker_test')
  onTest(what: unknown): void {
    if (what === 'die') process.exit(1);
    if (what === 'work') {
      this.#state.value = 'busy';
      this.#count.add(5);
    }
    if (what === 'meet') {
      this.#peer = this.scope.child('peer');
      this.#peer.sysctl.int('dev.tuner.peer', { description: 'of a peer', value: 1 });
    }
    if (what === 'part') void this.#peer?.close();
    if (what === 'listen')
      this.scope.register('worker list with blanks' as never, (() => undefined) as never);
  }
}
