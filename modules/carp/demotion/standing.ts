import type { InetAddress } from '../../ifnet/index.js';
import type { CarpContender } from '../election/election.js';
import { intervalUnits } from '../election/interval.js';
import type { CarpSettings } from '../settings.js';
import type { CarpTunables } from '../tunables.js';
import type { CarpWords } from '../wire/advertisement.js';
import { CARP_MAXSKEW, type CarpDemotable, type CarpDemotion, demoteByte, demotedSkew } from './demotion.js';

/** The vhid whose standing it is. */
export interface CarpStandingOwner extends CarpDemotable {
  readonly settings: CarpSettings;
  /** It cannot advertise in one of its families. */
  readonly hampered: boolean;
}

/** Where demotion comes from. */
export interface CarpStandingNeeds {
  readonly tunables: CarpTunables;
  readonly demotion: CarpDemotion;
  /** `impaired`: another vhid of the failover group is out of service. */
  readonly group: { readonly impaired: boolean };
}

/** How good a MASTER a vhid claims to be: its settings, made worse by every demotion in force. */
export class CarpStanding {
  readonly #owner: CarpStandingOwner;
  readonly #needs: CarpStandingNeeds;
  /** What this vhid added to the demotion while it could not work. */
  #added = 0;

  constructor(owner: CarpStandingOwner, needs: CarpStandingNeeds) {
    this.#owner = owner;
    this.#needs = needs;
  }

  /** What this vhid added to net.inet.carp.demotion, where a predecessor's is in the sum already. */
  get added(): number {
    return this.#added;
  }
  set added(amount: number) {
    this.#added = amount;
  }

  /** advskew as sent. OpenBSD peers read the byte instead. */
  get advskew(): number {
    return this.#skew(this.#own, this.#hampering, this.#groups);
  }

  /** OpenBSD's demotion byte as sent; FreeBSD and ucarp send 0. */
  get demote(): number {
    return this.words.demote;
  }

  /** What its advertisements say. */
  get words(): CarpWords {
    const own = this.#own;
    const hampering = this.#hampering;
    const groups = this.#groups;
    const { advbase } = this.#owner.settings;
    return {
      advbase,
      advskew: this.#skew(own, hampering, groups),
      demote: this.#byte(own + hampering, groups),
    };
  }

  /** What its advertisements from `source` say of it, for an election. */
  contender(source: InetAddress | undefined): CarpContender {
    const { advbase, advskew, demote } = this.words;
    return { units: intervalUnits(advbase, advskew), demote, source };
  }

  /** A vhid that is out of service demotes every vhid of this kernel, once (FreeBSD's carp_sc_state). */
  suppress(down: boolean): void {
    if (down && this.#added !== 0) return;
    const added = down ? this.#needs.tunables.ifdownDemotionFactor.value : 0;
    const delta = added - this.#added;
    if (delta === 0) return;
    this.#added = added;
    this.#needs.demotion.adjust(delta, `interface ${down ? 'down' : 'up'}, ${this.#owner.name}`);
  }

  #skew(own: number, hampering: number, groups: number): number {
    const { advbase, advskew, election } = this.#owner.settings;
    if (election === 'openbsd') return advskew;
    // With advbase 0 the peers would miss the slower advertisements of a host that is the best there is; auto sends the byte.
    const hampered = advbase === 0 && election === 'auto' ? 0 : hampering;
    return demotedSkew(advskew, own + hampered + CARP_MAXSKEW * groups);
  }

  #byte(own: number, groups: number): number {
    const { election } = this.#owner.settings;
    if (election !== 'auto' && election !== 'openbsd') return 0;
    return demoteByte(own, groups);
  }

  /** As failures to send count on FreeBSD, for this vhid alone. */
  get #hampering(): number {
    return this.#owner.hampered ? this.#needs.tunables.senderrDemotionFactor.value : 0;
  }

  /** net.inet.carp.demotion, what demotes this vhid alone or with some others, and the failover group's impairment. */
  get #own(): number {
    const { tunables, demotion, group } = this.#needs;
    return tunables.demotion.value + demotion.local(this.#owner) + (group.impaired ? CARP_MAXSKEW : 0);
  }

  /** The demotion counters of OpenBSD's interface groups. */
  get #groups(): number {
    return this.#needs.demotion.groups(this.#owner.settings.groups);
  }
}
