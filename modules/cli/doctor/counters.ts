import type { Finding } from '../../doctor/index.js';

/** Counters of refusals, and what to do when they rise. */
const REMEDIES: Readonly<Record<string, string>> = {
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

/** What the running CARP has refused while the doctor listened. */
export function counterFindings(
  before: ReadonlyMap<string, number> | undefined,
  after: ReadonlyMap<string, number> | undefined,
): Finding[] {
  if (before === undefined || after === undefined) return [];
  return Object.entries(REMEDIES).flatMap(([name, remedy]) => {
    const risen = (after.get(name) ?? 0) - (before.get(name) ?? 0);
    if (risen <= 0) return [];
    const text = `the counter ${name} has risen by ${risen} meanwhile`;
    return [{ code: 'refused', severity: 'warning', on: 'carp', text, remedy }] satisfies Finding[];
  });
}
