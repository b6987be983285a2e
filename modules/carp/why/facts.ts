import { InetAddress } from '../../ifnet/index.js';
import { type DemotionStatus, lastWordsTake, type WhyNext } from '../../vip/index.js';
import { type CarpContender, isWorse, winsTie } from '../election/election.js';
import { deadTime, intervalUnits } from '../election/interval.js';
import type { CarpPeerStatus } from '../status.js';
import { isLive, latestOf } from './peers.js';
import type { WhyChange, WhyFacts, WhyMaster, WhyObstacle, WhyVhid } from './view.js';

/** What is known beside the vhid itself. */
export interface WhyCircumstances {
  /** ms on the kernel's clock. */
  readonly now: number;
  /** The same moment in ms since 1970. */
  readonly wallTime: number;
  /** net.inet.carp.allow. */
  readonly allowed: boolean;
  /** The latest first. */
  readonly changes: readonly WhyChange[];
}

/** Gathers what `carpet why` says about a vhid. */
export function whyFacts(vhid: WhyVhid, circumstances: WhyCircumstances): WhyFacts {
  const { now, wallTime, changes } = circumstances;
  const { demotions: causes, evidence } = vhid;
  const { peers } = evidence;
  const live = peers.filter(isLive);
  const master = masterOf(vhid, live);
  const obstacles = vhid.state === 'MASTER' ? [] : obstaclesOf(vhid, master, circumstances);
  const rivals = rivalsOf(vhid, live, master, now).map(({ address }) => address);
  return {
    vhid: vhid.name,
    state: vhid.state,
    since: Math.round(wallTime - (now - vhid.since)),
    reason: changes[0]?.reason,
    master,
    rivals,
    obstacles,
    demotions: causes.filter(({ amount }) => amount > 0).map(causeText),
    promotions: causes.filter(({ amount }) => amount < 0).map(causeText),
    preemptionIn: evidence.preemptionIn,
    next: nextOf(vhid, peers),
    changes,
    peers,
    muteFamilies: vhid.muteFamilies,
    unheardFamilies: vhid.unheardFamilies,
  };
}

function causeText({ on, amount, by, reason }: DemotionStatus): string {
  return `${reason} (${on} by ${Math.abs(amount)}, ${by})`;
}

/** Others that advertise now. One that yields says a few more words; a host with both families is heard twice. */
function rivalsOf(
  { state, since, interval }: WhyVhid,
  live: readonly CarpPeerStatus[],
  master: WhyMaster | undefined,
  now: number,
): CarpPeerStatus[] {
  if (state === 'MASTER') {
    const words = interval + lastWordsTake(interval);
    return live.filter(({ heardAgo }) => heardAgo < now - since - words);
  }
  const isSixth = master?.address?.includes(':');
  return live.filter(({ address }) => address !== master?.address && address.includes(':') === isSixth);
}

/** The best of those heard now; over IPv4 if there are some. */
function masterOf(vhid: WhyVhid, live: readonly CarpPeerStatus[]): WhyMaster | undefined {
  const { state, advbase, advskew, demote } = vhid;
  if (state === 'MASTER') return { address: undefined, advbase, advskew, demote, heardAgo: 0 };
  const over4 = live.filter(({ address }) => !address.includes(':'));
  const [first, ...others] = over4.length > 0 ? over4 : live;
  if (first === undefined) return undefined;
  const best = others.reduce((a, b) => (beats(b, a) ? b : a), first);
  return { ...pick(best), address: best.address };
}

function pick({ advbase, advskew, demote, heardAgo }: CarpPeerStatus): Omit<WhyMaster, 'address'> {
  return { advbase, advskew, demote, heardAgo };
}

function beats(a: CarpPeerStatus, b: CarpPeerStatus): boolean {
  const [one, other] = [a, b].map((peer): CarpContender => contenderOf(peer, peer.address));
  return (
    isWorse(other!, one!, 'auto') ||
    (!isWorse(one!, other!, 'auto') && winsTie(one!.source, other!.source, 'little'))
  );
}

function contenderOf(
  { advbase, advskew, demote }: Pick<WhyMaster, 'advbase' | 'advskew' | 'demote'>,
  address: string | undefined,
): CarpContender {
  const source = address === undefined ? undefined : InetAddress.parse(address);
  return { units: intervalUnits(advbase, advskew), demote, source };
}

function obstaclesOf(
  vhid: WhyVhid,
  master: WhyMaster | undefined,
  { allowed, changes }: WhyCircumstances,
): WhyObstacle[] {
  if (vhid.state === 'INIT') return [whyInit(vhid, allowed, changes)];
  const obstacles: WhyObstacle[] = [];
  if (!hasOwnAddress(vhid)) obstacles.push('no address of its own');
  if (vhid.demotions.some(({ amount }) => amount > 0)) obstacles.push('demoted');
  if (vhid.fitness?.failing === true) obstacles.push('cannot serve');
  if (master === undefined) {
    const [last] = changes;
    if (last?.reason === 'resumed after a pause') obstacles.push('listening after a pause');
    else obstacles.push(vhid.evidence.peers.length === 0 ? 'no master heard yet' : 'about to take over');
    return obstacles;
  }
  obstacles.push(whyBackup(vhid, master));
  return obstacles;
}

function whyInit(
  { ifp, settings, name }: WhyVhid,
  allowed: boolean,
  changes: readonly WhyChange[],
): WhyObstacle {
  void name;
  if (ifp?.attached !== true) return 'no interface';
  if (!ifp.flags.up) return 'interface down';
  if (!settings.ignoreLinkState && ifp.linkState === 'DOWN') return 'no carrier';
  if (!allowed) return 'not allowed';
  return changes.length === 0 && settings.startupDelay > 0 ? 'start-up delay' : 'held';
}

/** Against a master that is heard. */
function whyBackup(vhid: WhyVhid, master: WhyMaster): WhyObstacle {
  const own = contenderOf(vhid, undefined);
  const theirs = contenderOf(master, master.address);
  const { election, preemptDelay } = vhid.settings;
  if (isWorse(own, theirs, election)) return 'a better master';
  if (!isWorse(theirs, own, election)) return 'a tie';
  if (!vhid.preempt) return 'no preemption';
  return preemptDelay > 0 ? 'preemption delay' : 'about to take over';
}

function hasOwnAddress({ ifp, families, settings }: WhyVhid): boolean {
  return families.some((family) => {
    if ((family === 4 ? settings.source : settings.source6) !== undefined) return true;
    return (ifp?.addresses ?? []).some(
      ({ prefix, vhid }) => vhid === undefined && prefix.address.family === family,
    );
  });
}

function nextOf(vhid: WhyVhid, peers: readonly CarpPeerStatus[]): WhyNext {
  if (vhid.state === 'MASTER') {
    const peer = latestOf(peers);
    if (peer === undefined) return { successor: 'unknown', after: undefined, peer: undefined };
    const { advbase, advskew, address } = peer;
    return { successor: 'a peer', after: deadTime(advbase, advskew, vhid.settings.deadRatio), peer: address };
  }
  const mute = vhid.muteFamilies.length === vhid.families.length;
  if (vhid.state === 'INIT' || mute) return { successor: 'not this host', after: undefined, peer: undefined };
  return { successor: 'this host', after: vhid.evidence.takeoverIn, peer: undefined };
}
