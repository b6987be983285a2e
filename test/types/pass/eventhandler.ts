/** Everything here must compile. It is never run. */
import {
  EVENTHANDLER_PRI_LAST,
  type EventArgs,
  EventHandler,
  type EventHandlerList,
  EventHandlerRegistry,
  type EventHandlerTag,
} from '../../../core/index.js';
import type { Port } from '../events.js';

const registry = new EventHandlerRegistry();
declare const port: Port;

// The handler's parameters come from the event.
const tag: EventHandlerTag = registry.register('typed_link', (port, state) => {
  const name: string = port.name;
  const up: boolean = state === 'UP';
  return [name, up];
});
registry.register('typed_link', () => {});
registry.register('typed_link', async (port) => void (await Promise.resolve(port.name)));
registry.register('typed_link', (port) => port, undefined, EVENTHANDLER_PRI_LAST);

// With an argument of its own, that comes first, and has the type it was given with.
registry.register('typed_link', (softc, port, state) => softc.unit + port.name + state, { unit: 7 }, 5);
registry.register('typed_link', (softc: number) => softc, 7, 5);
registry.register('typed_link', { handler: (softc: number) => softc, arg: 7 });
registry.register('typed_empty', (softc) => softc.length, 'text');
registry.register('typed_link', (softc) => softc, null);

// The options form.
registry.register('typed_link', { handler: (port, state) => port.name + state, priority: 5, name: 'a' });
registry.register('typed_link', {
  handler: (softc: Date, port) => softc.getTime() + port.name,
  arg: new Date(),
});
registry.register('typed_link', { handler: (softc, port) => softc.getTime() + port.name, arg: new Date() });
registry.register('typed_empty', { handler: () => {}, signal: new AbortController().signal });

registry.invoke('typed_link', port, 'UP');
registry.invoke('typed_optional', 'x');
registry.invoke('typed_optional', 'x', 1);
registry.invoke('typed_empty');
export const done: Promise<void> = registry.invokeAsync('typed_link', port, 'DOWN');

const list: EventHandlerList<[port: Port, state: 'UP' | 'DOWN']> = registry.defineList('typed_link');
list.invoke(port, 'UP');
list.register((port, state) => port.name + state);
list.register((softc, port) => softc + port.name, 7, 0);
export const found: EventHandlerList<[]> | undefined = registry.findList('typed_empty');

export class Softc {
  attach(): void {
    registry.register('typed_link', (softc, port) => softc.name(port), this);
    registry.register('typed_link', (softc, port) => softc.name(port), this, 5);
  }

  name(port: Port): string {
    return port.name;
  }
}

export const args: EventArgs<'typed_optional'> = ['x'];

registry.register('typed_price', (door) => door.length);
registry.register('typed_price', (door) => (door === 'front' ? 5 : undefined));
registry.register('typed_price', () => console.log('no answer'));
registry.register('typed_label', async (label) => label.toUpperCase());
export const price: number | undefined = registry.defineList('typed_price', { result: 'bail' }).invoke('a');
export const prices: number[] = registry.defineList('typed_price', { result: 'collect' }).invoke('a');
const labels = registry.defineList('typed_label', { result: 'waterfall', failClosed: true });
export const label: string = labels.invoke('front');
export const later: Promise<string> = labels.invokeAsync('front');

await registry.deregister('typed_link', tag);
await registry.deregister('typed_link', null, { signal: new AbortController().signal });
registry.deregisterNowait('typed_link', tag);
{
  using _tag = registry.register('typed_empty', () => {});
  await using _other = registry.register('typed_empty', () => {});
}

export class Watcher {
  @EventHandler('typed_link', EVENTHANDLER_PRI_LAST)
  onLink(_port: Port, _state: 'UP' | 'DOWN'): void {}

  @EventHandler('typed_link')
  async onLinkOnly(_port: Port): Promise<void> {}

  @EventHandler('typed_empty')
  @EventHandler('typed_link')
  protected onAnything(): void {}

  @EventHandler('typed_price')
  onPrice(door: string): number {
    return door.length;
  }

  @EventHandler('typed_optional')
  onOptional(_text: string, _count?: number): void {}
}
