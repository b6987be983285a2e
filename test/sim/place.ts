import type { InetFamily } from '../../modules/ifnet/index.js';
import type { Plan } from './plan.js';

/** Shared addresses on a segment, as all hosts have them: a vhid of CARP, or a virtual router of VRRP. */
export interface Place {
  readonly protocol: 'carp' | 'vrrp';
  readonly segment: number;
  /** The vhid, or the VRID: no two protocols have the same one. */
  readonly number: number;
  readonly families: readonly InetFamily[];
  /** From 0 on: which host prefers it. */
  readonly turn: number;
  /** As hosts name what they have there: `1@eth0`. */
  readonly name: string;
}

const NETWORK_BITS = { 4: 24, 6: 64 } as const;
/** VRIDs are greater, vhids are not. */
export const VRID_BASE = 10;
/** The last part of an address is so much more than the place's turn: the second one is for `more`. */
const OFFSETS = { carp: [100, 150], vrrp: [120, 170] } as const;

/** The places of a network, segment by segment. */
export function placesOf(plan: Plan): Place[] {
  const segments = plan.firewall ? [0, 1] : [0];
  const turns = Array.from({ length: plan.vhids ?? 1 }, (_, turn) => turn);
  const each = segments.flatMap((segment) => turns.map((turn) => ({ segment, turn })));
  return each.flatMap((where) => [
    ...(plan.vrrp?.carp === 'none' ? [] : [vhid(where, plan)]),
    ...(plan.vrrp?.families ?? []).map((family) => router(where, family)),
  ]);
}

type Where = Pick<Place, 'segment' | 'turn'>;

function vhid(where: Where, { dualStack }: Plan): Place {
  const number = where.turn + 1;
  const families = dualStack ? ([4, 6] as const) : ([4] as const);
  return { ...where, protocol: 'carp', number, families, name: `${number}@eth${where.segment}` };
}

/** The two families have one VRID. */
function router(where: Where, family: InetFamily): Place {
  const number = VRID_BASE + 1 + where.turn;
  const name = `${number}${family === 6 ? 'v6' : ''}@eth${where.segment}`;
  return { ...where, protocol: 'vrrp', number, families: [family], name };
}

/** What all hosts share at a place, with prefix lengths. @param more one address more of each family */
export function sharedAddresses({ protocol, segment, turn, families }: Place, more = false): string[] {
  const offsets = more ? OFFSETS[protocol] : OFFSETS[protocol].slice(0, 1);
  const shared = offsets.flatMap((offset) =>
    families.map((family) =>
      family === 4
        ? `10.0.${segment}.${offset + turn}/${NETWORK_BITS[4]}`
        : `fd00:${segment}::${offset + turn}/${NETWORK_BITS[6]}`,
    ),
  );
  // RFC 9568 section 5.2.9: the first address of an IPv6 virtual router is link-local.
  const isRouter6 = protocol === 'vrrp' && families[0] === 6;
  return isRouter6 ? [`fe80::5e:${turn + 1}/${NETWORK_BITS[6]}`, ...shared] : shared;
}
