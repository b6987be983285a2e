import type { EventHandlerRegistry } from '../../../core/index.js';

/** Calls back when the first handler of a list and priority is registered, and when the last one goes. */
export function followHandlers(
  eventhandler: EventHandlerRegistry,
  change: (type: 'listen' | 'leave', list: string, priority: number) => void,
): Disposable {
  const counts = new Map<string, number>();
  const count = (list: string, priority: number, by: 1 | -1): void => {
    const key = `${priority} ${list}`;
    const now = (counts.get(key) ?? 0) + by;
    if (now === 0) counts.delete(key);
    else counts.set(key, now);
    if (by === 1 && now === 1) change('listen', list, priority);
    if (by === -1 && now === 0) change('leave', list, priority);
  };
  return eventhandler.trace({
    registered: (list, { priority }) => count(list, priority, 1),
    deregistered: (list, { priority }) => count(list, priority, -1),
  });
}
