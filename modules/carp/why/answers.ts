import type { Scope } from '../../../core/index.js';
import { Chronicle, type Explained, VIP_PRI_STATE } from '../../vip/index.js';
import type { CarpContext } from '../context.js';
import type { CarpReason } from '../state.js';
import type { CarpVhid } from '../vhid.js';
import { evidenceText } from './evidence.js';
import { whyFacts } from './facts.js';
import { whySentences } from './sentences.js';
import type { WhyAnswer, WhyVhid } from './view.js';

type Needs = Pick<CarpContext, 'clock' | 'log' | 'tunables'>;

/** The latest changes of vhids. */
export type CarpChronicle = Chronicle<CarpVhid, CarpReason>;

/** Keeps the changes of vhids for as long as the scope is open. */
export function keepChronicle(scope: Scope, { clock, log, tunables }: Needs): CarpChronicle {
  const chronicle: CarpChronicle = new Chronicle({
    clock,
    log,
    level: tunables.log,
    key: 'vhid',
    evidence: ({ evidence, interval }, change, ago) => evidenceText({ change, evidence, interval, ago }),
  });
  scope.register('carp_state_event', {
    name: 'carp.onStateTold',
    handler: () => chronicle.tell(),
    priority: VIP_PRI_STATE,
  });
  return chronicle;
}

/** Each vhid with its answer to `carpet why`. */
export function explained(
  vhids: readonly (CarpVhid & Pick<WhyVhid, 'fitness'>)[],
  chronicle: CarpChronicle,
  { clock, tunables }: Needs,
): Explained[] {
  const answer = (vhid: (typeof vhids)[number]): WhyAnswer => {
    const [now, wallTime] = [clock.now(), clock.wallTime()];
    const changes = chronicle.of(vhid);
    const facts = whyFacts(vhid, { now, wallTime, changes, allowed: tunables.allow.value });
    return { ...facts, sentences: whySentences(facts, wallTime) };
  };
  return vhids.map((vhid) => ({ name: vhid.name, vhid: vhid.vhid, why: () => answer(vhid) }));
}
