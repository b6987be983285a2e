import {
  COMMON_OBSTACLES,
  changeSentences,
  mastershipSentence,
  nextSentence,
  secondsText,
  stateSentence,
  timeDetail,
} from '../../vip/index.js';
import { advertInterval } from '../election/interval.js';
import type { WhyFacts, WhyMaster, WhyObstacle } from './view.js';

/** The facts in sentences: who is MASTER, why not this host, what would happen next, and what happened. */
export function whySentences(facts: WhyFacts, now: number): string[] {
  const { vhid: name, state, since, reason, master } = facts;
  return [
    stateSentence({ name, state, since, reason }, now),
    ...masterSentences(master, facts),
    ...facts.obstacles.map((obstacle) => obstacleSentence(obstacle, facts)),
    ...(state === 'INIT' ? [] : standingSentences(facts)),
    ...facts.muteFamilies.map((family) => `It cannot advertise over IPv${family}.`),
    ...facts.unheardFamilies.map(
      (family) =>
        `The master is not heard over IPv${family}: compare IPv${family}, MTU and firewall on both hosts.`,
    ),
    nextSentence(facts.next, { state, heard: master !== undefined }),
    ...changeSentences(facts.changes, now),
  ];
}

function standingSentences({ demotions, promotions }: WhyFacts): string[] {
  return [
    ...(demotions.length > 0 ? [`This host is demoted: ${demotions.join('; ')}.`] : []),
    ...(promotions.length > 0 ? [`This host is promoted: ${promotions.join('; ')}.`] : []),
  ];
}

function masterSentences(master: WhyMaster | undefined, { rivals, state }: WhyFacts): string[] {
  if (master === undefined) return state === 'INIT' ? [] : ['No MASTER is heard.'];
  if (master.address === undefined) return [mastershipSentence(rivals)];
  const { address, heardAgo } = master;
  const also = rivals.length === 0 ? '' : ` ${rivals.join(' and ')} advertises too.`;
  return [`The MASTER is ${address} (${wordsOf(master)}), heard ${secondsText(heardAgo)} ago.${also}`];
}

function wordsOf({ advbase, advskew, demote }: WhyMaster): string {
  const demotion = demote > 0 ? `, demotion ${demote}` : '';
  const every = secondsText(advertInterval(advbase, advskew));
  return `advbase ${advbase}, advskew ${advskew}${demotion}: every ${every}`;
}

/** Why this host is not MASTER, each with what to do. */
const OBSTACLES: Readonly<Record<WhyObstacle, string>> = {
  ...COMMON_OBSTACLES,
  'not allowed': 'net.inet.carp.allow is 0: carpet sysctl net.inet.carp.allow=1',
  held: 'it is held in INIT, by an operator or a health check: carpet carp state all backup, or mend what carpet health reports',
  'no address of its own':
    'it has no address of its own to advertise from, so it preempts nobody: add one to the interface',
  'a better master': 'the MASTER is preferred',
  'a tie': 'both are equal, and the MASTER has the lower address: give each host an advskew of its own',
  'no preemption':
    'it would be preferred, but does not take over from a living MASTER: set preempt, or carpet carp state all master',
};

function obstacleSentence(obstacle: WhyObstacle, { master, preemptionIn, next }: WhyFacts): string {
  const better = obstacle === 'a better master' && master !== undefined ? `: ${wordsOf(master)}` : '';
  const time = timeDetail(obstacle, { preemptionIn, takeoverIn: next.after });
  return `This host is not MASTER because ${OBSTACLES[obstacle]}${better}${time}.`;
}
