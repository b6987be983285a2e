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
  'cannot advertise': 500,
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

/** The same of networks whose hosts speak VRRP, half of which run CARP too. */
export const SOMETIMES_VRRP: Readonly<Record<string, number>> = {
  'VRRP: master timed out': 20,
  'VRRP: resumed after a pause': 20,
  'VRRP: hardware interface down': 20,
  'two MASTERs': 20,
  'three MASTERs': 50,
  'VRRP: failover group': 50,
  'VRRP: higher priority advertisement received': 50,
  'VRRP: equal priority from a higher address': 50,
  'VRRP: taken over from the former process': 100,
  'VRRP: master stopped': 100,
  'VRRP: preempting a lower priority': 100,
  'VRRP: drained': 100,
  'VRRP: no source address': 200,
  'VRRP: owner of the addresses': 200,
  'counted by VRRP: asserts': 20,
  'counted by VRRP: pauses': 20,
  'counted by VRRP: expired': 20,
  'counted by VRRP: prio_zero_heard': 50,
  'counted by VRRP: pseudo_header': 100,
  'counted by VRRP: replayed': 100,
  'counted by VRRP: badauth': 100,
  'counted by VRRP: list_differs': 200,
  'counted by VRRP: rfc9568': 500,
  'failover group': 100,
  'counted: ties': 100,
  drained: 200,
};

/** What should have been reached in so many networks, and was not. */
export function missed(
  reached: ReadonlySet<string>,
  networks: number,
  sometimes: Readonly<Record<string, number>> = SOMETIMES,
): string[] {
  return Object.entries(sometimes)
    .filter(([what, within]) => networks >= within && !reached.has(what))
    .map(([what, within]) => `never in ${networks} networks, and usually within ${within}: ${what}`);
}
