import assert from 'node:assert/strict';
import { VrrpModule, type VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { VrrpSoftc } from '../../../modules/vrrp/softc.js';
import { type Place, sharedAddresses } from '../place.js';
import type { Extras, VrrpPlan } from '../plan.js';
import { countersOf, groupOf, othersOf, type SimProtocol, type Speaker } from './protocol.js';

/** The counters of what was not accepted: each packet is counted by one of them, or as received. */
const REFUSALS = [
  'badlen',
  'carp',
  'badver',
  'badvrid',
  'badttl',
  'badtype',
  'badcount',
  'badinterval',
  'badsum',
  'badauth',
  'replayed',
  'badsource',
  'interval_differs',
  'looped',
  'disallowed',
] as const;

/** The settings of a network that both protocols have. */
const COMMON = [
  'bowOut',
  'garpCount',
  'garpInterval',
  'garpRefresh',
  'preemptDelay',
  'startupDelay',
  'lifetime',
  'manageAddresses',
  'ignoreLinkState',
] as const satisfies readonly (keyof Extras & keyof VrrpRouterOptions)[];

const OWNER = 255;

/** VRRP, of which each place is a virtual router. */
export const vrrp: SimProtocol = {
  async load(kernel, changed) {
    await kernel.load(VrrpModule);
    kernel.eventhandler.register('vrrp_state_event', changed);
  },
  create: (kernel, host, place) => inside(kernel.get(VrrpModule).create(options(host, place))),
  configure(vip, host, place) {
    const { ifname: _ifname, vrid: _vrid, ...changes } = options(host, place);
    inside(vip).configure(changes);
  },
  list: (kernel) => kernel.get(VrrpModule).list().map(inside),
  heir: (host, places) => [VrrpModule, { routers: places.map((place) => options(host, place)) }],
  account(kernel) {
    const { statistics } = kernel.get(VrrpModule);
    // One with another list is accepted, unless the settings say drop.
    const drops = kernel
      .get(VrrpModule)
      .list()
      .some(({ settings }) => settings.addressList === 'drop');
    const refusals = [...REFUSALS, ...(drops ? (['list_differs'] as const) : [])];
    const refused = refusals.reduce((sum, name) => sum + statistics[name].value, 0);
    return {
      received: statistics.advert_rcvd.value + refused,
      refused,
      takeovers: statistics.become_master.value,
      counters: countersOf('counted by VRRP: ', statistics),
    };
  },
};

function inside(vip: unknown): VrrpSoftc {
  assert.ok(vip instanceof VrrpSoftc);
  return vip;
}

/** The priority of one that has this preference in CARP: as `Vip.priority` has it. */
export function priorityOf({ owner }: VrrpPlan, number: number, advskew: number): number {
  return owner === number ? OWNER : Math.min(OWNER - 1, OWNER - advskew);
}

function options(host: Speaker, place: Place): VrrpRouterOptions {
  const { plan, terms, number } = host;
  const { extras } = plan;
  const { version, intervals, extras: own, owner: _owner } = plan.vrrp!;
  const common = Object.fromEntries(
    COMMON.flatMap((name) => (extras?.[name] === undefined ? [] : [[name, extras[name]]])),
  );
  return {
    ...common,
    ...own,
    ...(own.peers !== undefined && { peers: place.families[0] === 4 ? othersOf(host, place) : [] }),
    ...groupOf(plan),
    preempt: plan.preempt,
    version,
    interval: intervals[number - 1]!,
    priority: priorityOf(plan.vrrp!, number, host.advskew(place)),
    ifname: `eth${place.segment}`,
    vrid: place.number,
    addresses: sharedAddresses(place, terms.more),
  };
}
