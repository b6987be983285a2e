import type { CalloutInfo } from '../../core/index.js';
import type { Dispatch, Sighting } from './protocol.js';

/** A callout that ran late, and by how much, ms. */
export interface LateCallout {
  readonly callout: CalloutInfo;
  readonly late: number;
}

/** Names the code: `handler pager.onState of carp_state_event`. */
export function nameOf({ list, handler, callout, owner }: Dispatch = {}): string {
  if (callout !== undefined) return `callout ${withOwner(callout, owner)}`;
  if (handler === undefined) return 'code outside of handlers and callouts';
  return `handler ${withOwner(handler, owner)} of ${list}`;
}

/** Where it was: `in spin (file:///srv/pager.js:12) < onState (file:///srv/pager.js:30)`. */
export function placeOf({ stack }: Sighting): string {
  return stack.length === 0 ? '' : ` in ${stack.join(' < ')}`;
}

/** One line about a stall that is over. @param ms for how long nothing else could run, at least */
export function reportOf(ms: number, sighting: Sighting | undefined, worst: LateCallout | undefined): string {
  return `${causeOf(ms, sighting)}; ${harmOf(worst)}`;
}

function causeOf(ms: number, sighting: Sighting | undefined): string {
  const time = `${Math.round(ms)} ms`;
  if (sighting === undefined) return `the kernel was held up for ${time}, too short to see by what`;
  if (sighting.starved)
    return `the process was not run for ${time}: the machine is overloaded, or it was stopped`;
  return `${nameOf(sighting.dispatch)} held up the kernel for ${time}${placeOf(sighting)}`;
}

function harmOf(worst: LateCallout | undefined): string {
  if (worst === undefined) return 'no callout was late for it';
  const { callout, late } = worst;
  return `callout ${withOwner(callout.name, callout.owner)} was ${Math.round(late)} ms late`;
}

/** Most names begin with their module's. */
function withOwner(name: string, owner: string | undefined): string {
  return owner === undefined || name.startsWith(owner) ? name : `${name} of ${owner}`;
}
