import type { Finding } from '../../doctor/index.js';

/** Counters of refusals of CARP, and what to do when they rise. */
const CARP: Readonly<Record<string, string>> = {
  badauth: 'password, vhid or addresses differ: carpet explain -i names the difference',
  badttl: 'a router forwards advertisements, or a peer has another ttl: compare the settings ttl and minTtl',
  badsum: 'they are damaged on the way: look at the counters of network cards and switches',
  badseal: 'somebody alters advertisements, or addresses are translated between the hosts: carpet explain -i',
  unsealed: 'a host without seals has the password: set seal there, or auto here',
  replayed: 'somebody repeats advertisements, or the network duplicates them: carpet explain -i',
  badgroup: 'a peer sends to another group: compare the settings group and group6',
  badsource: 'a host outside the setting allow sends advertisements',
  flooded: 'wrong digests flood in: find their sender with carpet explain -i',
  senderrors: 'this host cannot send: see the log for the cause',
  unheard: 'the master is heard in one family only: compare IPv6, MTU and firewall on both hosts',
  pauses: 'this process or machine stood still: give the service more CPU, or a VM less contention',
};

/** The same of VRRP. */
const VRRP: Readonly<Record<string, string>> = {
  badver: 'a peer speaks another version: set version alike on all hosts',
  badauth: 'password or hmac differ: set them alike on all hosts',
  badttl: 'a router forwards advertisements, or a unicast peer is behind one: set minTtl',
  badsum: 'they are damaged on the way: look at the counters of network cards and switches',
  interval_differs: 'version 2 wants the same interval on all hosts',
  list_differs:
    'the hosts have other addresses: compare addresses and excluded; carpet explain -i names them',
  badsource: 'a host that is not among peers sends advertisements',
  replayed: 'somebody repeats advertisements, or a clock was set back: carpet explain -i',
  carp: 'a host speaks CARP with the number of a virtual router: give one of the two another',
  senderrors: 'this host cannot send: see the log for the cause',
  pauses: 'this process or machine stood still: give the service more CPU, or a VM less contention',
};

/** What running CARP and VRRP have refused while the doctor listened. */
export function counterFindings(
  before: ReadonlyMap<string, number> | undefined,
  after: ReadonlyMap<string, number> | undefined,
): Finding[] {
  if (before === undefined || after === undefined) return [];
  return Object.entries({ carp: CARP, vrrp: VRRP }).flatMap(([on, remedies]) =>
    Object.entries(remedies).flatMap(([name, remedy]) => {
      const sysctl = `net.inet.${on}.stats.${name}`;
      const risen = (after.get(sysctl) ?? 0) - (before.get(sysctl) ?? 0);
      if (risen <= 0) return [];
      const text = `the counter ${name} has risen by ${risen} meanwhile`;
      return [{ code: 'refused', severity: 'warning', on, text, remedy }] satisfies Finding[];
    }),
  );
}
