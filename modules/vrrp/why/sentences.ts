import {
  COMMON_OBSTACLES,
  changeSentences,
  mastershipSentence,
  nextSentence,
  secondsText,
  stateSentence,
  timeDetail,
} from '../../vip/index.js';
import type { VrrpObstacle, VrrpWhyFacts, VrrpWhyMaster } from './view.js';

/** The facts in sentences: who is MASTER, why not this host, what would happen next, and what happened. */
export function whySentences(facts: VrrpWhyFacts, now: number): string[] {
  const { router: name, state, since, reason, demotions, obstacles } = facts;
  return [
    stateSentence({ name, state, since, reason }, now),
    ...masterSentences(facts),
    ...obstacles.map((obstacle) => obstacleSentence(obstacle, facts)),
    ...(state !== 'INIT' && demotions.length > 0
      ? [`Its priority is ${facts.priority} now, because of: ${demotions.join('; ')}.`]
      : []),
    nextSentence(facts.next, { state, heard: facts.master !== undefined }),
    ...changeSentences(facts.changes, now),
  ];
}

function masterSentences({ master, rivals, state }: VrrpWhyFacts): string[] {
  if (master === undefined) return state === 'INIT' ? [] : ['No MASTER is heard.'];
  if (master.address === undefined) return [mastershipSentence(rivals)];
  const also = rivals.length === 0 ? '' : ` ${rivals.join(' and ')} advertises too.`;
  return [
    `The MASTER is ${master.address} (${wordsOf(master)}), heard ${secondsText(master.heardAgo)} ago.${also}`,
  ];
}

function wordsOf({ priority, interval }: VrrpWhyMaster): string {
  return `priority ${priority}, every ${secondsText(interval)}`;
}

/** Why this host is not MASTER, each with what to do. */
const OBSTACLES: Readonly<Record<VrrpObstacle, string>> = {
  ...COMMON_OBSTACLES,
  'not allowed': 'net.inet.vrrp.allow is 0: carpet sysctl net.inet.vrrp.allow=1',
  'no source address':
    'its interface has no address of its family to advertise from: add one, or set `source`',
  held: 'it is held in INIT, by an operator or a health check: carpet vrrp state all backup, or mend what carpet health reports',
  drained: 'it is drained: carpet undrain',
  'a better master': 'the MASTER has a higher priority',
  'a tie': 'both have the same priority, and who is MASTER stays: give each host a priority of its own',
  'no preemption':
    'it would be preferred, but does not take over from a living MASTER: set preempt, or carpet vrrp state all master',
};

function obstacleSentence(obstacle: VrrpObstacle, facts: VrrpWhyFacts): string {
  return `This host is not MASTER because ${OBSTACLES[obstacle]}${detailOf(obstacle, facts)}.`;
}

function detailOf(obstacle: VrrpObstacle, { master, priority, preemptionIn, next }: VrrpWhyFacts): string {
  if (obstacle === 'a better master' && master !== undefined) return `: ${master.priority}, here ${priority}`;
  return timeDetail(obstacle, { preemptionIn, takeoverIn: next.after });
}
