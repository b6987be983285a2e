/** States that a search must reach to be worth something: each is reached within so many networks, or the run fails. */
export const SOMETIMES: Readonly<Record<string, number>> = {
  'master timed out': 20,
  'more frequent advertisement received': 20,
  'hardware interface down': 50,
  'resumed after a pause': 50,
  'shutting down': 50,
  'two MASTERs': 20,
  'three MASTERs': 200,
  'failover group': 100,
  'preempting a slower master': 100,
  'hardware interface back in time': 100,
  'taken over from the former process': 100,
  'master will time out': 200,
  'preempting a demoted master': 500,
  'less demoted advertisement received': 500,
  'cannot advertise': 1000,
  'counted: ties': 50,
  'counted: reasserts': 50,
  'counted: bowouts_heard': 100,
  'counted: replayed': 100,
  'counted: badauth': 100,
  'counted: badseal': 200,
  'counted: unheard': 200,
  'counted: expired': 200,
  'counted: pauses': 50,
};

/** What should have been reached in so many networks, and was not. */
export function missed(reached: ReadonlySet<string>, networks: number): string[] {
  return Object.entries(SOMETIMES)
    .filter(([what, within]) => networks >= within && !reached.has(what))
    .map(([what, within]) => `never in ${networks} networks, and usually within ${within}: ${what}`);
}
