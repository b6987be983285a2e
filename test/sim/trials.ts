/** What every network goes through when its plan is over and all is settled. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../core/index.js';
import type { SimHost } from './host.js';
import type { SimNetwork } from './network.js';
import { clientsAreCorrected, settle } from './rules.js';
import { mastersOf, VacancyWatch } from './vacancy.js';

/** How often a host looks whether its machine has slept, in ms. */
const LOOK_MS = 1000;

/** The MASTERs' processes stand still until they have been replaced. When they go on, no moment is without a MASTER. */
export function standStill(network: SimNetwork): void {
  const { clock, deadTime } = network;
  const masters = mastersIn(network);
  network.note(`${masters.map(({ name }) => name).join(', ')} stand still`);
  for (const master of masters) master.freeze();
  clock.advanceSync(2 * deadTime);
  goOn(network, masters);
}

/** They have been replaced, and it is seen for two dead times that there is a MASTER. */
function goOn(network: SimNetwork, frozen: readonly SimHost[]): void {
  const { clock, deadTime, plan } = network;
  network.note('they go on');
  const served = network.parts().filter((part) => mastersOf(part).some((host) => !host.frozen));
  const vacancies = new VacancyWatch(clock, served);
  network.vacancies = vacancies;
  for (const host of frozen) host.wake(plan.awakening);
  clock.advanceSync(2 * deadTime);
  assert.deepEqual(vacancies.end(), []);
  network.vacancies = undefined;
}

function mastersIn({ hosts, places }: SimNetwork): SimHost[] {
  return hosts.filter((host) => places.some((_place, leg) => host.state(leg) === 'MASTER'));
}

/** The segments are divided until each half has a MASTER, and united: the clients of the loser are corrected. */
export function divideForAWhile(network: SimNetwork): void {
  network.halve();
  network.clock.advanceSync(2 * network.deadTime);
  network.unite();
  clientsAreCorrected(network);
}

/**
 * A MASTER of a half stands still when the halves are united, and finds another MASTER: its clients are corrected. Not beside a
 * stranger, who gets from the switch what is said to that one alone: docs/reliability.md.
 */
export function sleepThroughUnion(network: SimNetwork): void {
  if (network.plan.attacked) return;
  network.halve();
  network.clock.advanceSync(2 * network.deadTime);
  const sleepers = network.parts().slice(0, 1).flatMap(mastersOf);
  network.note(`${sleepers.map(({ name }) => name).join(', ')} stand still`);
  for (const sleeper of sleepers) sleeper.freeze();
  network.unite();
  network.clock.advanceSync(2 * network.deadTime);
  goOn(network, sleepers);
  clientsAreCorrected(network);
}

/**
 * Each MASTER of CARP loses its carrier for half an interval, which is less than its peers wait: if it goes on as MASTER
 * then, nobody else has become it, and nothing comes of it. It has to, unless one and a half intervals may be a dead time.
 * One of VRRP leaves the election, and stands for it anew.
 *
 * One that does not go on may be replaced, and take the address back from a worse successor: with `preemptDelay` long
 * after two dead times. Only when that is over is it seen what comes of the next blip.
 */
export function loseCarrier(network: SimNetwork): void {
  const { clock, lans, patience, plan } = network;
  // The rest of a failover group is handed over when one of it loses its interface.
  if (plan.firewall || plan.vrrp?.carp === 'grouped' || plan.extras?.ignoreLinkState === true) return;
  for (const part of network.parts()) {
    const [master] = mastersOf(part);
    const { ifp, vip } = master!.leg(part.leg)!;
    const { segment, protocol } = network.places[part.leg]!;
    const lan = lans[segment]!;
    network.note(`${master!.name} without a carrier`);
    const { interval } = vip;
    lan.cut(ifp.port);
    clock.advanceSync(interval / 2);
    const others = mastersOf(part).length;
    lan.mend(ifp.port);
    if (protocol === 'carp' && plan.advbase > 0 && plan.deadRatio > 2)
      assert.equal(vip.state, 'MASTER', `${master!.name} listens after a blip`);
    const resumed = vip.state === 'MASTER';
    const settled = network.journal.length;
    clock.advanceSync(patience);
    if (!resumed) continue;
    assert.equal(others, 0, `${master!.name} went on as MASTER though it had been replaced`);
    // Others on the same interface may have shorter intervals.
    const noticed = network.journal.slice(settled).filter((line) => line.includes(` ${vip.name} `));
    assert.deepEqual(noticed, [], 'a blip was noticed');
  }
}

/**
 * In a network of one family a MASTER of CARP has no address of its own for a while: with both families that is one of
 * the maladies of a plan. It goes on from a shared address, if its interface has that. Else nobody hears it, and it is
 * replaced: it steps down when it hears its successor. A partition makes two MASTERs, and the one without an address yields.
 * The other one does not hear that, and corrects no client, since `acd` is not loaded; the next partition does. Where the
 * hosts of a vhid are each other's `peers` none of this would be: nothing is sent to a host without an address.
 */
export function loseSource(network: SimNetwork): void {
  const { places, plan } = network;
  if (plan.dualStack || plan.vrrp !== undefined || plan.extras?.peers !== undefined) return;
  const part = network.parts().find(({ hosts }) => hosts.length > 1);
  if (part === undefined) return;
  const [master] = mastersOf(part);
  network.note(`${master!.name} without an address of its own`);
  master!.ail(places[part.leg]!.segment, { family: 4, kind: 'bare' });
  const longest = Math.max(...part.hosts.map((host) => host.leg(part.leg)!.vip.interval));
  // Its group follows it on the other segment, where a host that is demoted may take over in the moment in which it is preempted.
  if (plan.firewall) network.clock.advanceSync(3 * longest);
  settle(network);
  assert.deepEqual(network.mistakenClients(), []);
  network.halve();
  network.clock.advanceSync(2 * network.deadTime);
  network.unite();
  // It gives the other MASTER a second to answer, however short the intervals, and yields to a word of that one, whose group
  // follows.
  network.clock.advanceSync(1000 + 2 * longest + network.patience);
  settle(network);
  master!.recover();
  network.note(`${master!.name} has its address again`);
}

/**
 * One of two segments is divided alone, and no link goes down. Each half of it has a MASTER then, and the other segment the best
 * of those: it follows its group to a better host, one after the other if there are several, and to no worse one.
 *
 * Not with virtual routers of one priority: their ties may contradict each other, of which docs/reliability.md says what comes.
 */
export function divideOneSegment(network: SimNetwork): void {
  const { clock, deadTime, hosts, plan } = network;
  if (!plan.firewall || mayContradict(network)) return;
  network.halve(plan.seed % 2);
  clock.advanceSync(2 * hosts.length * deadTime);
  settle(network);
  network.unite();
  clientsAreCorrected(network);
}

/**
 * The MASTERs' machines are suspended, for less than their peers wait and for longer. They wake up, and find that out within a second,
 * by the real code: what they are told by then, and what they say, may have settled who is MASTER. Not if two equal hosts may
 * meet of which one hears the other late: it then yields to one that has yielded.
 */
export function suspendMasters(network: SimNetwork): void {
  const { clock, deadTime, hosts, plan } = network;
  if (plan.malady?.ailment.kind === 'late' && new Set(plan.skews).size < plan.skews.length) return;
  const random = seededRandom(`${plan.seed} suspended`);
  for (const host of hosts) {
    clock.advanceSync((random.float() * LOOK_MS) / hosts.length);
    host.watchSleep();
  }
  for (const deadTimes of [random.float(), 1.5 + random.float()]) {
    clock.advanceSync(LOOK_MS * (1 + random.float()));
    const masters = mastersIn(network);
    network.note(`${masters.map(({ name }) => name).join(', ')} are suspended`);
    for (const master of masters) master.suspend();
    clock.advanceSync(deadTimes * deadTime);
    goOn(network, masters);
    settle(network);
    clientsAreCorrected(network);
  }
}

/** Whether two hosts have a virtual router of one priority, and who wins is another host in the other family or protocol. */
function mayContradict({ hosts, places }: SimNetwork): boolean {
  if (new Set(places.map(({ protocol, families }) => `${protocol} ${families.join()}`)).size === 1)
    return false;
  return places.some(({ protocol }, leg) => {
    const priorities = hosts.flatMap((host) => host.leg(leg)?.vip.priority ?? []);
    return protocol === 'vrrp' && new Set(priorities).size < priorities.length;
  });
}
