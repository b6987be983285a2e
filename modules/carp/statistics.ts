import type { Counter, SysctlMaker } from '../../core/sysctl/index.js';

/**
 * The first sixteen are FreeBSD's `struct carpstats`, in its order; netstat(1) -s -p carp shows them there. FreeBSD
 * lacks the others. Packets that the kernel's packet filter drops (foreign vhids and VRRP ids, wrong TTLs) are not counted.
 */
const COUNTERS = {
  ipackets: 'advertisements received over IPv4',
  ipackets6: 'advertisements received over IPv6',
  badif: 'received on an interface without CARP',
  badttl: 'refused: TTL or hop limit below the minimum',
  hdrops: 'shorter than the header; counted as badlen here',
  badsum: 'refused: wrong checksum',
  badver: 'refused: not CARP version 2',
  badlen: 'refused: too short',
  badauth: 'refused: wrong digest (password, vhid or addresses differ)',
  badvhid: 'refused: no such vhid here',
  badaddrs: 'refused: address list differs; part of badauth, never counted alone',
  opackets: 'advertisements sent over IPv4',
  opackets6: 'advertisements sent over IPv6',
  onomem: 'not sent for lack of buffers',
  ostates: 'state updates sent: CARP has none, always 0',
  preempt: 'times a BACKUP became MASTER, as OpenBSD counts',
  badtype: 'refused: not an advertisement',
  badgroup: 'refused: sent to another group',
  badsource: 'refused: source not in the allow-list',
  looped: 'ignored: our own advertisement, handed back by the network',
  replayed: 'refused: counter was used before',
  unsealed: 'refused: without the seal that the settings require',
  badseal: 'refused: its seal does not fit what it says or where it comes from',
  disallowed: 'ignored while net.inet.carp.allow is 0',
  senderrors: 'advertisements the network refused to send',
  reasserts: 'times a MASTER heard a worse one and announced itself again',
  ties: 'times a MASTER heard one with equal timers',
  bowouts: 'bow-outs sent',
  bowouts_heard: 'bow-outs received',
  flooded: 'ignored: from a stranger while wrong digests flood in',
  unheard: 'times a BACKUP heard the master in one of its two families only',
  vrrp: 'ignored: VRRP routers with the number of a vhid here',
  expired: 'shared addresses that the host removed, because this process did not renew them in time',
  pauses: 'times this process or machine paused for longer than a deadline',
} as const;

/** The name of a counter, as in `net.inet.carp.stats.*`. */
export type CarpCounterName = keyof typeof COUNTERS;
/** The counters of a kernel, by name. */
export type CarpStatistics = Readonly<Record<CarpCounterName, Counter>>;

/** Makes the counters `net.inet.carp.stats.*`. */
export function makeStatistics(sysctl: SysctlMaker): CarpStatistics {
  const entries = Object.entries(COUNTERS).map(([name, description]) => [
    name,
    sysctl.counter(`net.inet.carp.stats.${name}`, description),
  ]);
  return Object.fromEntries(entries) as CarpStatistics;
}
