import assert from 'node:assert/strict';
import { CarpModule, type CarpVhidOptions } from '../../../modules/carp/index.js';
import { CarpSoftc } from '../../../modules/carp/softc.js';
import { REFUSALS } from '../../modules/carp/support/refusals.js';
import { type Place, sharedAddresses } from '../place.js';
import { countersOf, groupOf, othersOf, type SimProtocol, type Speaker } from './protocol.js';

/** CARP, of which each place is a vhid. */
export const carp: SimProtocol = {
  async load(kernel, changed) {
    await kernel.load(CarpModule);
    kernel.eventhandler.register('carp_state_event', changed);
  },
  create: (kernel, host, place) => inside(kernel.get(CarpModule).create(options(host, place))),
  configure(vip, host, place) {
    const { ifname: _ifname, vhid: _vhid, ...changes } = options(host, place);
    inside(vip).configure(changes);
  },
  list: (kernel) => kernel.get(CarpModule).list().map(inside),
  heir: (host, places) => [CarpModule, { vhids: places.map((place) => options(host, place)) }],
  account(kernel) {
    const { statistics } = kernel.get(CarpModule);
    const received = statistics.ipackets.value + statistics.ipackets6.value;
    const refused = REFUSALS.reduce((sum, name) => sum + statistics[name].value, 0);
    assert.ok(refused <= received, `${kernel.name} refused ${refused} of ${received} packets`);
    const counters = countersOf('counted: ', statistics);
    return { received, refused, takeovers: statistics.preempt.value, counters };
  },
};

function inside(vip: unknown): CarpSoftc {
  assert.ok(vip instanceof CarpSoftc);
  return vip;
}

function options(host: Speaker, place: Place): CarpVhidOptions {
  const { advbase, deadRatio, preempt, seal, extras } = host.plan;
  const { password, passwords, more } = host.terms;
  return {
    advbase,
    advskew: host.advskew(place),
    deadRatio,
    preempt,
    ...extras,
    ...(extras?.peers && { peers: othersOf(host, place) }),
    ...(seal && { seal }),
    ...groupOf(host.plan),
    ifname: `eth${place.segment}`,
    vhid: place.number,
    password,
    passwords,
    addresses: sharedAddresses(place, more),
  };
}
