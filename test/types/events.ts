/** The events that the type tests use. */
import type { Veto } from '../../core/index.js';

export interface Port {
  readonly name: string;
}

declare module 'carpet-kernel' {
  interface EventHandlers {
    typed_link(port: Port, state: 'UP' | 'DOWN'): void;
    typed_ask(port: Port, veto: Veto): void;
    typed_empty(): void;
    typed_optional(text: string, count?: number): void;
    typed_price(door: string): number;
    typed_label(label: string): string | Promise<string>;
  }
}
