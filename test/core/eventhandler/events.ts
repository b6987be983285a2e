/** The events that the tests of the lists use. */
import type { Veto } from '../../../core/eventhandler/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    test_event(text: string): void;
    other_event(): void;
    another_event(): void;
    pair_event(text: string, count: number): void;
    ask_event(veto: Veto): void;
  }
}
