import assert from 'node:assert/strict';
import type { SimNetwork } from './network.js';
import { mastersOf, type Part } from './vacancy.js';

/** Two dead times from now (see `patience`) all is as it must be, and stays so. */
export function settle(network: SimNetwork): void {
  const { clock, deadTime, journal } = network;
  clock.advanceSync(network.patience);
  network.check();
  for (const leg of network.places.keys()) checkHosts(network, leg);
  for (const part of network.parts()) checkPart(network, part);
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
function checkPart({ plan }: SimNetwork, part: Part): void {
  const { leg, hosts } = part;
  const masters = mastersOf(part);
  const states = hosts.map((host) => `${host.name} ${host.state(leg)}`).join(', ');
  assert.equal(masters.length, 1, `on segment ${leg}, one MASTER is wanted among ${states}`);
  // Hosts that lost one of their two legs yield to others: which is the best is then another question.
  if (!plan.preempt || plan.firewall) return;
  // A host that cannot advertise in one family is not wanted as long as there is another.
  const whole = hosts.filter((host) => host.leg(leg)!.vhid.muteFamilies.length === 0);
  const best = Math.min(...(whole.length > 0 ? whole : hosts).map((host) => host.advskew(leg)));
  assert.equal(masters[0]!.advskew(leg), best, `somebody with a smaller advskew is BACKUP among ${states}`);
}

/** Two intervals after the last MASTER has yielded, every client has the address of the one that is left. */
export function clientsAreCorrected(network: SimNetwork): void {
  const { clock, deadTime } = network;
  const intervals = network
    .parts()
    .flatMap(({ leg, hosts }) => hosts.map((host) => host.leg(leg)!.vhid.interval));
  if (intervals.length === 0) return;
  const bound = (2 * Math.max(...intervals)) / Math.min(1, ...(network.plan.rates ?? []));
  const end = clock.now() + 2 * deadTime;
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
