/** Each line that ends in ERROR must not compile, and every other line must. */
import { EventHandler, EventHandlerRegistry, type EventHandlerTag } from '../../../core/index.js';
import type { Port } from '../events.js';

const registry = new EventHandlerRegistry();
declare const port: Port;
declare const lost: EventHandlerTag | undefined;

// Names
registry.register('typed_lnik', () => {}); // ERROR
registry.invoke('typed_lnik'); // ERROR
registry.defineList('typed_lnik'); // ERROR
registry.findList('typed_lnik'); // ERROR

// Handlers
registry.register('typed_link', (port: string) => port); // ERROR
registry.register('typed_link', (_port, state: number) => state); // ERROR
registry.register('typed_link', (_port, _state, more: string) => more); // ERROR
registry.register('typed_link', (port) => port.nmae); // ERROR
registry.register('typed_link', 'not a function'); // ERROR
registry.register('typed_empty', (text: string) => text); // ERROR

// The handler's own argument
registry.register('typed_link', (softc: string) => softc, 7); // ERROR
registry.register('typed_link', () => {}, 5); // ERROR
registry.register('typed_link', (softc: number) => softc, 5); // ERROR
registry.defineList('typed_link').register(() => {}, 5); // ERROR
registry.register('typed_link', (softc: { unit: number }) => softc.unit, { unit: 'seven' }); // ERROR
registry.register('typed_link', (_softc: number, port: string) => port, 7); // ERROR
registry.register('typed_link', { handler: (softc: string) => softc, arg: 7 }); // ERROR
registry.register('typed_link', () => {}, undefined, '5'); // ERROR
registry.register('typed_link', { handler: () => {}, priority: '5' }); // ERROR
registry.register('typed_link', { handler: () => {}, prority: 5 }); // ERROR
registry.register('typed_link', { priority: 5 }); // ERROR

// Arguments of an invoke
registry.invoke('typed_link', port); // ERROR
registry.invoke('typed_link', port, 'SIDEWAYS'); // ERROR
registry.invoke('typed_link', port, 'UP', 1); // ERROR
registry.invoke('typed_link', 'em0', 'UP'); // ERROR
registry.invoke('typed_empty', 1); // ERROR
void registry.invokeAsync('typed_link', port, 1); // ERROR
registry.defineList('typed_link').invoke(port); // ERROR
registry.defineList('typed_link').register((port: number) => port); // ERROR

// Lists with a result
registry.defineList('typed_empty', { result: 'bail' }); // ERROR
registry.defineList('typed_price', { result: 'first' }); // ERROR
registry.register('typed_price', () => 'cheap'); // ERROR
registry.register('typed_price', { handler: () => 'cheap' }); // ERROR
registry.register('typed_price', (_softc: object) => 'cheap', {}); // ERROR
registry.register('typed_price', async () => 5); // ERROR
registry.defineList('typed_price').register(() => 'cheap'); // ERROR
export const price: number = registry.defineList('typed_price', { result: 'bail' }).invoke('front'); // ERROR
export const prices: string[] = registry.defineList('typed_price', { result: 'collect' }).invoke('a'); // ERROR
registry.defineList('typed_label', { result: 'waterfall' }).invoke(5); // ERROR

// Tags
void registry.deregister('typed_link', lost); // ERROR
void registry.deregister('typed_link', undefined); // ERROR
registry.deregisterNowait('typed_link', lost); // ERROR
void registry.deregister('typed_link'); // ERROR
registry.deregisterNowait('typed_link', {}); // ERROR

export class Watcher {
  @EventHandler('typed_lnik') // ERROR
  onNothing(): void {}

  @EventHandler('typed_price') // ERROR
  onPrice(): string {
    return 'cheap';
  }

  @EventHandler('typed_link') // ERROR
  onWrong(_port: number): void {}

  @EventHandler('typed_link') // ERROR
  onMore(_port: Port, _state: 'UP' | 'DOWN', _more: string): void {}

  @EventHandler('typed_link', 'first') // ERROR
  onPriority(): void {}

  @EventHandler('typed_link') // ERROR
  field = 7;

  @EventHandler('typed_link')
  onRight(_port: Port): void {}
}
