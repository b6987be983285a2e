import type { Counter, SysctlMaker } from '../../core/sysctl/index.js';

/** RFC 8347's and keepalived's, where they have them. Packets that the kernel's filter drops are not counted. */
const COUNTERS = {
  advert_rcvd: 'valid advertisements received',
  advert_sent: 'advertisements sent',
  become_master: 'times a virtual router became MASTER',
  asserts: 'times a MASTER heard a worse one and stayed',
  pauses: 'times this process or machine paused for longer than a deadline',
  prio_zero_heard: 'priority 0 received: the master stops',
  prio_zero_sent: 'priority 0 sent',
  pseudo_header:
    'received with a pseudo-header in the checksum of version 3 over IPv4, as keepalived and FRR send it',
  rfc9568: 'received with the message alone in that checksum, as RFC 9568 has it',
  old_unicast:
    'received with 224.0.0.18 in the pseudo-header, as keepalived up to 1.3.6 sends to unicast peers',
  badlen: 'refused: too short, too long, or not as long as its addresses',
  carp: 'ignored: CARP with the number of a virtual router here',
  badver: 'refused: another version',
  badvrid: 'refused: no such virtual router here',
  badttl: 'refused: TTL or hop limit below the minimum',
  badtype: 'refused: not an advertisement',
  badcount: 'refused: without addresses',
  badinterval: 'refused: an interval of 0',
  badsum: 'refused: wrong checksum',
  badauth: 'refused: another authentication, or a wrong one',
  replayed: 'refused: its sequence is not greater than the last one of its sender',
  badsource: 'refused: from no unicast peer, or from 0.0.0.0',
  interval_differs: 'refused in version 2: another interval',
  list_differs: 'with another list of addresses',
  looped: 'ignored: from an address of this host',
  disallowed: 'ignored while net.inet.vrrp.allow is 0',
  senderrors: 'advertisements the network refused to send',
  expired: 'shared addresses that the host removed, because this process did not renew them in time',
} as const;

/** The name of a counter, as in `net.inet.vrrp.stats.*`. */
export type VrrpCounterName = keyof typeof COUNTERS;
/** The counters of a kernel, by name. */
export type VrrpStatistics = Readonly<Record<VrrpCounterName, Counter>>;

/** Makes the counters `net.inet.vrrp.stats.*`. */
export function makeStatistics(sysctl: SysctlMaker): VrrpStatistics {
  const entries = Object.entries(COUNTERS).map(([name, description]) => [
    name,
    sysctl.counter(`net.inet.vrrp.stats.${name}`, description),
  ]);
  return Object.fromEntries(entries) as VrrpStatistics;
}
