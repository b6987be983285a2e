import { advertInterval } from '../election/interval.js';
import { secondsText, timeText } from './text.js';
import type { WhyFacts, WhyMaster, WhyObstacle } from './view.js';

/** Changes that are told. */
const MAX_TOLD = 5;

/** The facts in sentences: who is MASTER, why not this host, what would happen next, and what happened. */
export function whySentences(facts: WhyFacts, now: number): string[] {
  const { vhid, state, since, reason, master } = facts;
  const because = reason === undefined ? '' : `: ${reason}`;
  return [
    `${vhid} is ${state} on this host since ${timeText(since, now)} (${secondsText(now - since)} ago)${because}.`,
    ...masterSentences(master, facts),
    ...facts.obstacles.map((obstacle) => obstacleSentence(obstacle, facts)),
    ...(state !== 'INIT' && facts.demotions.length > 0
      ? [`This host is demoted: ${facts.demotions.join('; ')}.`]
      : []),
    ...facts.muteFamilies.map((family) => `It cannot advertise over IPv${family}.`),
    ...facts.unheardFamilies.map(
      (family) =>
        `The master is not heard over IPv${family}: compare IPv${family}, MTU and firewall on both hosts.`,
    ),
    nextSentence(facts),
    ...changeSentences(facts, now),
  ];
}

function masterSentences(master: WhyMaster | undefined, { rivals, state }: WhyFacts): string[] {
  if (master === undefined) return state === 'INIT' ? [] : ['No MASTER is heard.'];
  if (master.address === undefined) {
    const others =
      rivals.length === 0
        ? 'no other MASTER is heard'
        : `but ${rivals.join(' and ')} advertises too: two masters, or a hand-over in progress; carpet explain -i says why`;
    return [`This host is the MASTER; ${others}.`];
  }
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
  'no interface': 'its interface does not exist: compare its name with carpet ifconfig',
  'interface down': 'its interface is down: ip link set it up',
  'no carrier': 'its interface has no carrier: look at the cable and the switch port',
  'not allowed': 'net.inet.carp.allow is 0: carpet sysctl net.inet.carp.allow=1',
  held: 'it is held in INIT, by an operator or a health check: carpet carp state all backup, or mend what carpet health reports',
  'start-up delay': 'its start-up delay is not over',
  'no master heard yet': 'it has begun to listen, and takes over if no MASTER is heard',
  'no address of its own':
    'it has no address of its own to advertise from, so it preempts nobody: add one to the interface',
  'cannot serve': 'it cannot put the shared addresses in place: see the log for the cause',
  demoted: 'it is demoted',
  'a better master': 'the MASTER is preferred',
  'a tie': 'both are equal, and the MASTER has the lower address: give each host an advskew of its own',
  'no preemption':
    'it would be preferred, but does not take over from a living MASTER: set preempt, or carpet carp state all master',
  'preemption delay': 'it is preferred, and waits for its preemptDelay',
  'listening after a pause': 'it stood still for a while, and listens whether it was replaced',
  'about to take over': 'it is about to take over',
};

function obstacleSentence(obstacle: WhyObstacle, { master }: WhyFacts): string {
  const better = obstacle === 'a better master' && master !== undefined ? `: ${wordsOf(master)}` : '';
  return `This host is not MASTER because ${OBSTACLES[obstacle]}${better}.`;
}

function nextSentence({ next, state }: WhyFacts): string {
  const { successor, after, peer } = next;
  const dies = state === 'MASTER' ? 'If this host died now' : 'If the MASTER died now';
  switch (successor) {
    case 'this host':
      return `${dies}, this host would take over ${secondsText(after!)} later, unless a BACKUP with a shorter timeout is faster.`;
    case 'a peer':
      return `${dies}, ${peer} would take over within ${secondsText(after!)}, if it is still there: a BACKUP sends nothing.`;
    case 'unknown':
      return `${dies}, nobody might take over: no other host has been heard, though a BACKUP sends nothing.`;
    case 'not this host':
      return `${dies}, this host would not take over.`;
  }
}

function changeSentences({ changes }: WhyFacts, now: number): string[] {
  return changes.slice(0, MAX_TOLD).map(({ time, from, to, reason, evidence }) => {
    const why = evidence === undefined ? '' : `: ${evidence}`;
    return `At ${timeText(time, now)}: ${from} -> ${to}, ${reason}${why}.`;
  });
}
