import { EventHandler, Module } from '../../../core/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /** Numbers from 0 on; a negative one never returns. */
    sink_event(number: number, what: unknown): void;
  }
}

/** Counts what comes in the order of the numbers. */
@Module({ name: 'sink', offers: ['report'] })
export class Sink {
  #next = 0;

  @EventHandler('sink_event')
  onEvent(number: number): void {
    while (number < 0);
    if (number === this.#next) this.#next++;
  }

  report(): { inOrder: number } {
    return { inOrder: this.#next };
  }
}
