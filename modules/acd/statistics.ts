import type { Counter, SysctlMaker } from '../../core/index.js';

const DESCRIPTIONS = {
  claims: "packets in which another host claimed one of a MASTER's addresses",
  conflicts: 'claims that lasted beyond the grace: address_conflict_event was invoked',
  defended: 'announcements that answered a conflict',
  settled: 'claims after which this host was no longer MASTER, or heard another one: no conflict',
  probes: 'questions of candidates for such an address, which the operating system answers',
  proxied: 'neighbour advertisements for such an address that override nothing',
  own: 'own packets that came back',
} as const;

/** The counters `net.inet.acd.stats.*`. */
export type AcdStatistics = Readonly<Record<keyof typeof DESCRIPTIONS, Counter>>;

export function makeStatistics(sysctl: SysctlMaker): AcdStatistics {
  const counters = Object.entries(DESCRIPTIONS).map(([name, description]) => [
    name,
    sysctl.counter(`net.inet.acd.stats.${name}`, description),
  ]);
  return Object.fromEntries(counters) as AcdStatistics;
}
