import type { Scope } from '../../../core/index.js';
import { Chronicle, type Explained, VIP_PRI_STATE } from '../../vip/index.js';
import type { VrrpContext } from '../context.js';
import type { VrrpReason } from '../state.js';
import { evidenceText } from './evidence.js';
import { whyFacts } from './facts.js';
import { whySentences } from './sentences.js';
import type { VrrpWhyAnswer, VrrpWhyRouter } from './view.js';

type Needs = Pick<VrrpContext, 'clock' | 'log' | 'tunables'>;

/** The latest changes of virtual routers. */
export type VrrpChronicle = Chronicle<VrrpWhyRouter, VrrpReason>;

/** Of virtual routers: their latest changes, and what these were about. */
export function makeChronicle({ clock, log, tunables }: Needs): VrrpChronicle {
  return new Chronicle<VrrpWhyRouter, VrrpReason>({
    clock,
    log,
    level: tunables.log,
    key: 'router',
    evidence: evidenceText,
  });
}

/** Has changes told when the addresses have been announced. */
export function keepChronicle(scope: Scope, chronicle: VrrpChronicle): void {
  scope.register('vrrp_state_event', {
    name: 'vrrp.onStateTold',
    handler: () => chronicle.tell(),
    priority: VIP_PRI_STATE,
  });
}

/** Each virtual router with its answer to `carpet why`. */
export function explained(
  routers: readonly VrrpWhyRouter[],
  chronicle: VrrpChronicle,
  { clock, tunables }: Needs,
): Explained[] {
  const answer = (router: VrrpWhyRouter): VrrpWhyAnswer => {
    const [now, wallTime] = [clock.now(), clock.wallTime()];
    const changes = chronicle.of(router);
    const facts = whyFacts(router, { now, wallTime, changes, allowed: tunables.allow.value });
    return { ...facts, sentences: whySentences(facts, wallTime) };
  };
  return routers.map((router) => ({ name: router.name, vhid: router.vhid, why: () => answer(router) }));
}
