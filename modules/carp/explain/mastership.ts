import { Mastership, type MastershipRules, type SeenMaster } from '../../vip/index.js';
import { isWorse, winsTie } from '../election/election.js';
import { advertInterval, intervalUnits } from '../election/interval.js';
import type { CarpPeerWords } from '../status.js';
import { CARP_BOW_OUT } from '../wire/header.js';

/** A host that advertised as MASTER of a vhid. */
export type CarpSeenMaster = SeenMaster<CarpPeerWords>;

const RULES: MastershipRules<CarpPeerWords> = {
  bowsOut: ({ advbase, advskew }) => advbase === CARP_BOW_OUT && advskew === CARP_BOW_OUT,
  interval: ({ advbase, advskew }) => advertInterval(advbase, advskew),
  // Less demoted, then faster, then of the lower address in ucarp's order.
  isBetter(a, b) {
    const [one, other] = [contender(a), contender(b)];
    if (isWorse(one, other, 'auto')) return false;
    return isWorse(other, one, 'auto') || winsTie(a.source, b.source, 'little');
  },
  describe: ({ advbase, advskew, demote }) => `advbase ${advbase}, advskew ${advskew}, demotion ${demote}`,
};

/** Who was MASTER of one vhid in one family, by the advertisements seen. */
export class CarpMastership extends Mastership<CarpPeerWords> {
  /** @param others how many there are of these, this one included: they share what is remembered */
  constructor(others?: () => number) {
    super(RULES, others);
  }
}

function contender({ words, source }: CarpSeenMaster) {
  return { units: intervalUnits(words.advbase, words.advskew), demote: words.demote, source };
}
