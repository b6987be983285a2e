/** Networks with virtual routers of VRRP, alone or beside CARP: what `npm run sim -- --vrrp` draws. */
import fc from 'fast-check';
import type { Fault, Plan, VrrpPlan } from './plan.js';
import { fault, host, MAX_HOSTS, type Size, wide } from './wide.js';

const faults: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 11, arbitrary: fault },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('drain' as const, 'undrain' as const), host }) },
);

const key = 'c4'.repeat(32);

/** Each setting that all hosts must have alike, or that may be the same on all of them. */
const extras: fc.Arbitrary<VrrpPlan['extras']> = fc.record(
  {
    downAdverts: fc.constantFrom(2, 5),
    checksum: fc.constant('rfc9568'),
    addressList: fc.constant('drop'),
    accept: fc.constant(false),
    hmac: fc.constant({ id: 1, key }),
    password: fc.constant('secret'),
    peers: fc.constant([]),
    groups: fc.constant(['vrrp', 'inside']),
  },
  { requiredKeys: [] },
);

/** Most networks have few settings of their own. */
const someExtras = fc
  .tuple(extras, fc.array(fc.nat(7), { maxLength: 3 }), fc.boolean())
  .map(([all, kept, virtualMac]) => ({
    ...Object.fromEntries(Object.entries(all).filter((_entry, i) => kept.includes(i))),
    virtualMac,
  }));

const routers: fc.Arbitrary<VrrpPlan> = fc
  .record({
    carp: fc.constantFrom('none', 'beside', 'grouped'),
    version: fc.constantFrom(2, 3),
    families: fc.constantFrom<VrrpPlan['families'][]>([4], [6], [4, 6]),
    intervals: fc.array(fc.constantFrom(1000, 1000, 100, 300, 2000, 3000), {
      minLength: MAX_HOSTS,
      maxLength: MAX_HOSTS,
    }),
    owner: fc.option(fc.integer({ min: 1, max: MAX_HOSTS }), { nil: undefined, freq: 2 }),
    extras: someExtras,
  })
  .map(({ owner, ...rest }) => ({ ...rest, ...(owner !== undefined && { owner }) }));

/** Plans as those of {@link wide}, and drains in between. */
export function mixed(minutes: number, size: Size = {}): fc.Arbitrary<Plan> {
  return fc.tuple(wide(minutes, size, faults), routers).map(([plan, vrrp]) => possible(plan, vrrp));
}

/** Without what cannot be, or is said not to work, together: docs/vrrp.md. */
function possible(plan: Plan, drawn: VrrpPlan): Plan {
  const vrrp = { ...alone(plan, drawn), carp: besides(plan, drawn) };
  const grouped = plan.firewall || vrrp.carp === 'grouped';
  // All of a group prefer one host, and the owner of an address is nobody's choice.
  const { owner: _owner, ...ownerless } = vrrp;
  const owned = grouped || vrrp.extras.addressList === 'drop' ? ownerless : vrrp;
  // A router of one family has nothing to fall back on while it is broken.
  const healthy = { ...plan, malady: undefined, vrrp: owned };
  if (!grouped) return healthy;
  const { ignoreLinkState: _ignored, election: _election, ...rest } = plan.extras ?? {};
  return { ...healthy, vhids: 1, advbase: Math.max(1, plan.advbase), extras: rest };
}

/** In one failover group both protocols must prefer the same host: they break ties in different ways. */
function besides({ firewall, skews }: Plan, { carp }: VrrpPlan): VrrpPlan['carp'] {
  const distinct = new Set(skews).size === skews.length;
  if (carp === 'none' || (firewall && !distinct)) return 'none';
  if (firewall) return 'grouped';
  return distinct ? carp : 'beside';
}

/** The settings that fit version, families and the rest of the network. */
function alone({ attacked, extras: common, skews }: Plan, drawn: VrrpPlan): VrrpPlan {
  const { version } = drawn;
  const extras = { ...drawn.extras };
  if (version === 3 || extras.hmac !== undefined) delete extras.password;
  if (version === 2) delete extras.checksum;
  if (attacked) {
    // What a stranger forges is refused for certain by this only; and see `possible` of wide.ts.
    extras.hmac = { id: 1, key };
    delete extras.password;
    delete extras.peers;
  }
  if (common?.manageAddresses === false) delete extras.accept;
  const intervals = drawn.intervals.slice(0, skews.length);
  const same = Math.max(1000, intervals[0]!);
  return version === 2
    ? { ...drawn, families: [4], intervals: intervals.map(() => same), extras }
    : { ...drawn, intervals, extras };
}
