import type { Finding } from '../finding.js';
import type { HostFacts } from '../subject.js';

/** Multicast attributes of a bridge of this host: which family's queries it is about is the same for both. */
export function* checkSnooping(
  ifname: string,
  facts: HostFacts,
  queriers: ReadonlySet<4 | 6>,
): Generator<Finding> {
  const own = facts.bridge(ifname, 'multicast_snooping') === undefined ? undefined : ifname;
  const bridge = own ?? facts.interfaces.find(({ name }) => name === ifname)?.bridge;
  if (bridge === undefined || facts.bridge(bridge, 'multicast_snooping') !== 1) return;
  if (facts.bridge(bridge, 'multicast_querier') === 1 || queriers.size > 0) return;
  yield {
    code: 'snooping',
    severity: 'warning',
    on: bridge,
    text: 'this bridge snoops IGMP and MLD, but asks no one, and no querier was heard: it may forget who listens to advertisements',
    remedy: `ip link set ${bridge} type bridge mcast_querier 1, or mcast_snooping 0`,
  };
}
