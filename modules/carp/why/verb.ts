import * as v from 'valibot';
import { EVENTHANDLER_PRI_FIRST, type Scope } from '../../../core/index.js';
import type { CarpContext } from '../context.js';
import { CarpError } from '../errors.js';
import type { CarpModuleState } from '../handover/schema.js';
import type { CarpVhid } from '../vhid.js';
import { Chronicle } from './chronicle.js';
import { whyFacts } from './facts.js';
import { whySentences } from './sentences.js';
import type { WhyAnswer } from './view.js';

/** What `carpet why` is about. */
export interface WhyOwner {
  list(): CarpVhid[];
}

/** Offers `why`, keeps the chronicle behind it, and logs at each failover what it was about. */
export function registerWhyVerb(
  scope: Scope,
  carp: WhyOwner,
  { clock, log, tunables }: Pick<CarpContext, 'clock' | 'log' | 'tunables'>,
  former?: CarpModuleState['chronicle'],
): Chronicle {
  const chronicle = new Chronicle(clock, former);
  const note = (vhid: CarpVhid, change: Parameters<Chronicle['note']>[1]): void => {
    const evidence = chronicle.note(vhid, change);
    const tells = change.from === 'MASTER' || change.to === 'MASTER';
    if (tells && evidence !== undefined && tunables.log.value > 0)
      log.notice(`${vhid.name}: ${evidence}`, { vhid: vhid.name });
  };
  scope.register('carp_state_event', {
    name: 'carp.onStateHistory',
    handler: note,
    priority: EVENTHANDLER_PRI_FIRST,
  });
  scope.verb({
    name: 'why',
    summary: 'say who is MASTER and why, why not this host, and what would happen next',
    access: 'read',
    input: v.strictObject({
      vhid: v.optional(v.pipe(v.string(), v.nonEmpty(), v.description('1@eth0; default: all'))),
    }),
    positional: ['vhid'],
    run: ({ vhid: name }) => {
      const now = clock.now();
      const wallTime = clock.wallTime();
      return chosen(carp, name).map((vhid): WhyAnswer => {
        const changes = chronicle.of(vhid);
        const facts = whyFacts(vhid, { now, wallTime, changes, allowed: tunables.allow.value });
        return { ...facts, sentences: whySentences(facts, wallTime) };
      });
    },
    text: (answers: readonly WhyAnswer[]) =>
      answers.length === 0
        ? 'no vhid is configured'
        : answers.map(({ sentences }) => sentences.join('\n')).join('\n\n'),
  });
  return chronicle;
}

function chosen(carp: WhyOwner, name: string | undefined): CarpVhid[] {
  const all = carp.list();
  if (name === undefined || name === 'all') return all;
  const found = all.filter((vhid) => vhid.name === name || String(vhid.vhid) === name);
  if (found.length > 0) return found;
  const names = all.map((vhid) => vhid.name).join(', ');
  throw new CarpError(
    'ENOENT',
    `there is no vhid ${name}; ${names === '' ? 'there are none' : `there are: ${names}`}`,
  );
}
