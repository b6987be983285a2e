import type { InetFamily } from '../../ifnet/index.js';
import type { Finding } from '../finding.js';
import { type HostFacts, nameOf, type SubjectVhid } from '../subject.js';

/** The least MTU with which Linux speaks IPv6 (RFC 8200, section 5). */
const MIN_IPV6_MTU = 1280;

/** Whether the interface can carry CARP at all. */
export function* checkInterface(ifname: string, facts: HostFacts): Generator<Finding> {
  const ifp = facts.interfaces.find(({ name }) => name === ifname);
  const error = { severity: 'error', on: ifname } as const;
  if (ifp === undefined) {
    const remedy = 'compare its name with carpet ifconfig; a vhid waits for its interface';
    yield { ...error, code: 'no-interface', text: 'there is no such interface', remedy };
    return;
  }
  if (!ifp.ethernet)
    yield {
      ...error,
      code: 'not-ethernet',
      text: 'it is no Ethernet',
      remedy: 'put the vhid on an Ethernet interface',
    };
  else if (!ifp.up)
    yield { ...error, code: 'interface-down', text: 'it is down', remedy: `ip link set ${ifname} up` };
  else if (!ifp.running)
    yield {
      ...error,
      code: 'interface-down',
      text: 'it has no carrier',
      remedy: 'look at the cable and the switch port',
    };
  if (ifp.bridge !== undefined)
    yield {
      ...error,
      code: 'bridge-port',
      text: `it is a port of the bridge ${ifp.bridge}, which takes its packets`,
      remedy: `put the vhid on ${ifp.bridge}`,
    };
}

/** Whether the interface has what the vhid's addresses need. */
export function* checkAddresses(vhid: SubjectVhid, facts: HostFacts): Generator<Finding> {
  const { ifname } = vhid;
  const ifp = facts.interfaces.find(({ name }) => name === ifname);
  if (ifp === undefined) return;
  const families = new Set(vhid.addresses.map(({ address }) => address.family));
  const on = nameOf(vhid);
  const offBySysctl = facts.sysctl(6, ifname, 'disable_ipv6') === 1;
  if (families.has(6) && (offBySysctl || ifp.mtu < MIN_IPV6_MTU)) {
    const text = offBySysctl ? 'IPv6 is off' : `the MTU of ${ifp.mtu} is too small for IPv6`;
    const remedy = offBySysctl
      ? `sysctl -w net.ipv6.conf.${ifname}.disable_ipv6=0`
      : `ip link set ${ifname} mtu 1500`;
    yield { code: 'no-ipv6', severity: 'error', on, text: `it shares IPv6 addresses, but ${text}`, remedy };
    families.delete(6);
  }
  for (const family of families)
    if (!hasOwn(vhid, family, facts))
      yield {
        code: 'no-address',
        severity: 'error',
        on,
        text: `${ifname} has no IPv${family} address of its own to advertise from`,
        remedy: `ip address add ADDRESS/LENGTH dev ${ifname}`,
      };
}

function hasOwn(vhid: SubjectVhid, family: InetFamily, { interfaces }: HostFacts): boolean {
  const ifp = interfaces.find(({ name }) => name === vhid.ifname);
  return (ifp?.addresses ?? []).some(
    ({ address }) =>
      address.family === family && !vhid.addresses.some((shared) => shared.address.equals(address)),
  );
}
