import assert from 'node:assert/strict';
import { CarpSoftc } from '../../modules/carp/softc.js';
import { VRRP_PRIORITY_OWNER } from '../../modules/vrrp/wire/header.js';
import type { SimHost } from './host.js';
import type { SimNetwork } from './network.js';
import type { SimVip } from './protocol/protocol.js';
import { detentionOf } from './times.js';
import { mastersOf, type Part } from './vacancy.js';

/** Two dead times from now (see `patience`) all is as it must be, and stays so. */
export function settle(network: SimNetwork): void {
  const { clock, deadTime, journal } = network;
  clock.advanceSync(network.patience);
  network.check();
  for (const leg of network.places.keys()) checkHosts(network, leg);
  for (const part of network.parts()) checkPart(network, part);
  checkGroup(network);
  const settled = journal.length;
  clock.advanceSync(2 * deadTime);
  assert.deepEqual(journal.slice(settled), [], 'it changed again although nothing happened');
}

/** A MASTER has a link and the addresses, and nobody else has them. */
function checkHosts({ hosts, plan }: SimNetwork, leg: number): void {
  const manages = plan.extras?.manageAddresses !== false;
  for (const host of hosts) {
    const state = host.state(leg);
    const whole = host.able(leg) || ['INIT', 'off'].includes(state) || plan.extras?.ignoreLinkState;
    assert.ok(whole, `${host.name} is ${state} without a link`);
    const holds = host.holds(leg);
    assert.equal(holds, manages && state === 'MASTER', `${host.name} is ${state} and holds: ${holds}`);
  }
}

/** One MASTER, and where that can be said the best. */
function checkPart({ plan, places }: SimNetwork, part: Part): void {
  const { leg, hosts } = part;
  const masters = mastersOf(part);
  const states = hosts.map((host) => `${host.name} ${host.state(leg)}`).join(', ');
  assert.equal(masters.length, 1, `of ${places[leg]!.name}, one MASTER is wanted among ${states}`);
  // A host that cannot advertise in one family, or is not heard by every host, is not wanted as long as there is another.
  const whole = hosts.filter((host) => !isMute(host.leg(leg)!.vip) && !isShared(host.leg(leg)!.vip));
  const best = Math.max(...(whole.length > 0 ? whole : hosts).map((host) => host.leg(leg)!.vip.priority));
  // Hosts that lost one of their two legs yield to others: which is the best is then another question.
  const { vip } = masters[0]!.leg(leg)!;
  const owned = !(vip instanceof CarpSoftc) && best === VRRP_PRIORITY_OWNER;
  if (plan.firewall || !(plan.preempt || owned)) return;
  // It stays until another one is MASTER beside it.
  const priority = isShared(vip) ? Math.min(vip.priority, best) : vip.priority;
  assert.equal(priority, best, `a better one is BACKUP among ${states}`);
}

/** What moves together is with one host on each side of a partition. */
function checkGroup(network: SimNetwork): void {
  const { plan, places } = network;
  if (plan.firewall || plan.vrrp?.carp !== 'grouped') return;
  const bySide = new Map<string, Set<SimHost>>();
  for (const part of network.parts()) {
    const side = part.hosts.map(({ name }) => name).join();
    bySide.set(side, new Set([...(bySide.get(side) ?? []), ...mastersOf(part)]));
  }
  const names = places.map(({ name }) => name).join(', ');
  for (const masters of bySide.values())
    assert.equal(masters.size, 1, `${names} are with ${[...masters].map(({ name }) => name).join(', ')}`);
}

function isMute(vip: SimVip): boolean {
  return vip instanceof CarpSoftc && vip.muteFamilies.length > 0;
}

/** Whether it has but a shared address to advertise from, and so does not preempt. */
function isShared(vip: SimVip): boolean {
  return vip instanceof CarpSoftc && vip.output.voice === 'shared';
}

/** Two intervals after the last word of the last MASTER that yielded, every client has the address of the one that is left. */
export function clientsAreCorrected(network: SimNetwork): void {
  const { clock, deadTime, plan } = network;
  const intervals = network
    .parts()
    .flatMap(({ leg, hosts }) => hosts.map((host) => host.leg(leg)!.vip.interval));
  if (intervals.length === 0) return;
  const bound = detentionOf(plan) + (2 * Math.max(...intervals)) / Math.min(1, ...(plan.rates ?? []));
  // A MASTER may yield at the end of the two dead times.
  const end = clock.now() + 2 * deadTime + bound;
  network.changedAt = clock.now();
  let last: { readonly at: number; readonly mistaken: string[] } | undefined;
  while (clock.now() < end) {
    clock.advanceSync(bound / 8);
    const mistaken = network.mistakenClients();
    if (mistaken.length > 0) last = { at: clock.now(), mistaken };
  }
  if (last !== undefined && last.at > network.changedAt + bound)
    assert.fail(`${last.at - network.changedAt} ms after the last change: ${last.mistaken.join(', ')}`);
}
