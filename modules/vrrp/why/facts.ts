import { isLiveAt, lastWordsTake, type WhyNext } from '../../vip/index.js';
import { downTime } from '../election/timers.js';
import { mayTakeOver } from '../link/peers.js';
import type { VrrpReason } from '../state.js';
import type { VrrpPeerStatus } from '../status.js';
import type { VrrpObstacle, VrrpWhyFacts, VrrpWhyMaster, VrrpWhyRouter } from './view.js';

/** What is known beside the virtual router itself. */
export interface VrrpWhyCircumstances {
  /** ms on the kernel's clock. */
  readonly now: number;
  /** The same moment in ms since 1970. */
  readonly wallTime: number;
  /** net.inet.vrrp.allow. */
  readonly allowed: boolean;
  /** The latest first. */
  readonly changes: VrrpWhyFacts['changes'];
}

/** Gathers what `carpet why` says about a virtual router. */
export function whyFacts(router: VrrpWhyRouter, circumstances: VrrpWhyCircumstances): VrrpWhyFacts {
  const { now, wallTime, changes } = circumstances;
  const { name, state, since, priority } = router;
  const { peers } = router.evidence;
  const live = peers.filter((peer) => isLiveAt(peer, peer.interval));
  const master = masterOf(router, live);
  return {
    router: name,
    state,
    since: Math.round(wallTime - (now - since)),
    reason: changes[0]?.reason,
    priority,
    master,
    rivals: rivalsOf(router, live, master, now).map(({ address }) => address),
    obstacles: state === 'MASTER' ? [] : obstaclesOf(router, master, circumstances),
    demotions: router.demotions.map(({ on, amount, by, reason }) => `${reason} (${on} by ${amount}, ${by})`),
    preemptionIn: router.evidence.preemptionIn,
    next: nextOf(router, peers),
    changes,
    peers,
  };
}

/** Of those heard now the one with the highest priority, the latest first. */
function masterOf(
  { state, priority, interval }: VrrpWhyRouter,
  live: readonly VrrpPeerStatus[],
): VrrpWhyMaster | undefined {
  if (state === 'MASTER') return { address: undefined, priority, interval, heardAgo: 0 };
  const [first, ...others] = live;
  if (first === undefined || state === 'INIT') return undefined;
  const best = others.reduce((a, b) => (b.priority > a.priority ? b : a), first);
  return {
    address: best.address,
    priority: best.priority,
    interval: best.interval,
    heardAgo: best.heardAgo,
  };
}

/** Others that advertise now. One that yields may have said a few more words. */
function rivalsOf(
  { state, since, interval }: VrrpWhyRouter,
  live: readonly VrrpPeerStatus[],
  master: VrrpWhyMaster | undefined,
  now: number,
): VrrpPeerStatus[] {
  if (state === 'MASTER') {
    const words = interval + lastWordsTake(interval);
    return live.filter(({ heardAgo }) => heardAgo < now - since - words);
  }
  return master === undefined ? [] : live.filter(({ address }) => address !== master.address);
}

function obstaclesOf(
  router: VrrpWhyRouter,
  master: VrrpWhyMaster | undefined,
  circumstances: VrrpWhyCircumstances,
): VrrpObstacle[] {
  const { demotions, evidence } = router;
  if (router.state === 'INIT') return [whyInit(router, circumstances.allowed)];
  const found: VrrpObstacle[] = [];
  if (demotions.some(({ by }) => by === 'drain')) found.push('drained');
  else if (demotions.some(({ amount }) => amount > 0)) found.push('demoted');
  if (router.fitness.failing) found.push('cannot serve');
  if (master !== undefined) return [...found, whyBackup(router, master)];
  if (circumstances.changes[0]?.reason === 'resumed after a pause')
    return [...found, 'listening after a pause'];
  return [...found, evidence.peers.length === 0 ? 'no master heard yet' : 'about to take over'];
}

const INIT_OBSTACLES: Readonly<Partial<Record<VrrpReason, VrrpObstacle>>> = {
  'initialization complete': 'start-up delay',
  'no source address': 'no source address',
  'user requested': 'held',
};

function whyInit({ ifp, obstacle, settings }: VrrpWhyRouter, allowed: boolean): VrrpObstacle {
  if (ifp?.attached !== true) return 'no interface';
  if (!ifp.flags.up) return 'interface down';
  if (ifp.linkState === 'DOWN' && !settings.ignoreLinkState) return 'no carrier';
  if (!allowed) return 'not allowed';
  return (obstacle && INIT_OBSTACLES[obstacle]) ?? 'held';
}

/** Against a master that is heard. */
function whyBackup(router: VrrpWhyRouter, master: VrrpWhyMaster): VrrpObstacle {
  const { priority, settings } = router;
  if (master.priority > priority) return 'a better master';
  if (master.priority === priority) return 'a tie';
  if (!router.preempt && settings.priority !== 255) return 'no preemption';
  return settings.preemptDelay > 0 ? 'preemption delay' : 'about to take over';
}

function nextOf(router: VrrpWhyRouter, peers: readonly VrrpPeerStatus[]): WhyNext {
  const { state, settings, evidence, interval } = router;
  const { version, downAdverts } = settings;
  if (state === 'INIT') return { successor: 'not this host', after: undefined, peer: undefined };
  if (state === 'BACKUP') return { successor: 'this host', after: evidence.takeoverIn, peer: undefined };
  const left = peers.filter(mayTakeOver);
  const [first, ...others] = left;
  if (first === undefined)
    return { successor: peers.length === 0 ? 'unknown' : 'none left', after: undefined, peer: undefined };
  const best = others.reduce((a, b) => (b.priority > a.priority ? b : a), first);
  const after = downTime(version, best.priority, interval, downAdverts);
  return { successor: 'a peer', after, peer: best.address };
}
