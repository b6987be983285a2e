import type { InetFamily } from '../../ifnet/index.js';
import type { Finding } from '../finding.js';
import type { FirewallPacket } from '../firewall/packet.js';
import { Firewall, type FirewallDrop } from '../firewall/ruleset.js';
import { type HostFacts, nameOf, type SubjectVhid } from '../subject.js';

/** Whether this host's firewall lets the vhids' advertisements in and out. */
export function* checkFirewall(vhids: readonly SubjectVhid[], { ruleset }: HostFacts): Generator<Finding> {
  if (ruleset === undefined) return;
  const firewall = new Firewall(ruleset);
  for (const vhid of vhids) yield* checkVhid(vhid, firewall);
}

function* checkVhid(vhid: SubjectVhid, firewall: Firewall): Generator<Finding> {
  const { ifname } = vhid;
  const families = new Set(vhid.addresses.map(({ address }) => address.family));
  for (const family of families)
    for (const direction of ['in', 'out'] as const) {
      const drop = waysOf(vhid, family, direction)
        .map((way) => firewall.drops({ direction, family, ifname, ...way }))
        .find((each) => each !== undefined);
      if (drop === undefined) continue;
      const verb = direction === 'in' ? 'come in' : 'go out';
      yield {
        code: 'firewall',
        severity: 'error',
        on: nameOf(vhid),
        text: `the firewall lets no advertisements over IPv${family} ${verb}: ${drop.chain}, ${drop.rule}`,
        remedy: remedyFor(drop, family, direction, ifname),
      };
    }
}

function remedyFor(
  { legacy }: FirewallDrop,
  family: InetFamily,
  direction: FirewallPacket['direction'],
  ifname: string,
): string {
  if (legacy !== undefined) {
    const { program, table, name } = legacy;
    return `${program} -t ${table} -I ${name} ${direction === 'in' ? '-i' : '-o'} ${ifname} -p 112 -j ACCEPT`;
  }
  const [key, hook] = direction === 'in' ? ['iifname', 'input'] : ['oifname', 'output'];
  const match = family === 4 ? 'ip protocol 112' : 'ip6 nexthdr 112';
  return `insert in front of it: ${key} "${ifname}" ${match} accept (in the chain of the hook ${hook})`;
}

type Way = Pick<FirewallPacket, 'source' | 'destination'>;

/** The ends of the advertisements: the group, or each unicast peer; this host's own end is one of several addresses. */
function waysOf(
  { peers, group, group6 }: SubjectVhid,
  family: InetFamily,
  direction: FirewallPacket['direction'],
): Way[] {
  const unicast = peers.filter((peer) => peer.family === family);
  if (unicast.length === 0) return [{ source: undefined, destination: family === 4 ? group : group6 }];
  return unicast.map((peer) =>
    direction === 'in' ? { source: peer, destination: undefined } : { source: undefined, destination: peer },
  );
}
