import { Mastership, type MastershipRules } from '../../vip/index.js';
import { beats } from '../election/contest.js';
import { VRRP_PRIORITY_STOP } from '../wire/header.js';

/** What an advertisement says, as somebody saw it. */
export interface SeenVrrpWords {
  readonly version: 2 | 3;
  /** 0: it stops; 255: it owns the addresses. */
  readonly priority: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly addresses: readonly string[];
}

const RULES: MastershipRules<SeenVrrpWords> = {
  bowsOut: ({ priority }) => priority === VRRP_PRIORITY_STOP,
  interval: ({ interval }) => interval,
  isBetter: (a, b) =>
    beats({ priority: a.words.priority, source: a.source }, { priority: b.words.priority, source: b.source }),
  describe: ({ priority }) => `priority ${priority}`,
};

/** Who was MASTER of one virtual router, by the advertisements seen. */
export class VrrpMastership extends Mastership<SeenVrrpWords> {
  /** @param others how many there are of these, this one included: they share what is remembered */
  constructor(others?: () => number) {
    super(RULES, others);
  }
}
