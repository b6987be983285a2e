/**
 * Two lists whose handlers overflow the stack, each by way of the other; then what they are good for. A process of its
 * own: there is no room either to report some of the errors, and those end as uncaught exceptions.
 */
import { EventHandlerRegistry, RunawayError } from '../../../core/eventhandler/index.js';
import './events.js';

process.on('uncaughtException', (error) => {
  if (!(error instanceof RangeError)) throw error;
});
const registry = new EventHandlerRegistry({ onError: () => {} });
registry.register('test_event', () => registry.invoke('other_event'));
registry.register('other_event', () => registry.invoke('test_event', 'x'));
// Where exactly the stack ends differs from one to the next.
for (let i = 0; i < 50; i++) {
  try {
    registry.invoke('test_event', 'x');
  } catch (error) {
    if (!(error instanceof RunawayError)) throw error;
  }
}
const runcounts = registry.lists().map(({ runcount }) => runcount);
await registry.deregister('test_event', null);
await registry.deregister('other_event', null);
registry.register('test_event', () => console.log(`called, runcounts were ${runcounts.join(' and ')}`));
registry.invoke('test_event', 'x');
