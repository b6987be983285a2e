/** How good a MASTER a vhid says it would be: its settings, made worse by every demotion there is. */
import type { InetAddress } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpContender } from '../election/election.js';
import { intervalUnits } from '../election/interval.js';
import type { CarpVhid } from '../vhid.js';
import { CARP_MAXSKEW, demoteByte, demotedSkew } from './demotion.js';

export class CarpStanding {
  readonly #vhid: CarpVhid;
  readonly #context: CarpContext;
  /** What this vhid's interface, being down, added to the demotion. */
  #added = 0;

  constructor(vhid: CarpVhid, context: CarpContext) {
    this.#vhid = vhid;
    this.#context = context;
  }

  /** advskew as sent. OpenBSD peers read the byte instead. */
  get advskew(): number {
    return this.#skew(this.#own, this.#groups);
  }

  /** OpenBSD's demotion byte as sent; FreeBSD and ucarp send 0. */
  get demote(): number {
    return this.#byte(this.#own, this.#groups);
  }

  /** What its advertisements from `source` say of it. */
  contender(source: InetAddress | undefined): CarpContender {
    const [own, groups] = [this.#own, this.#groups];
    const units = intervalUnits(this.#vhid.settings.advbase, this.#skew(own, groups));
    return { units, demote: this.#byte(own, groups), source };
  }

  /** The interface is down: that demotes every vhid of this kernel, once per vhid that it stops (carp_sc_state). */
  suppress(down: boolean): void {
    if (down && this.#added !== 0) return;
    const added = down ? this.#context.tunables.ifdownDemotionFactor.value : 0;
    const delta = added - this.#added;
    if (delta === 0) return;
    this.#added = added;
    this.#context.demotion.adjust(delta, `interface ${down ? 'down' : 'up'}, ${this.#vhid.name}`);
  }

  #skew(own: number, groups: number): number {
    const { advskew, election } = this.#vhid.settings;
    if (election === 'openbsd') return advskew;
    return demotedSkew(advskew, own + CARP_MAXSKEW * groups);
  }

  #byte(own: number, groups: number): number {
    const { election } = this.#vhid.settings;
    if (election !== 'auto' && election !== 'openbsd') return 0;
    return demoteByte(own, groups);
  }

  get #own(): number {
    const { tunables, failoverGroups } = this.#context;
    const { failoverGroup } = this.#vhid.settings;
    const impaired = failoverGroup !== undefined && failoverGroups.impaired(failoverGroup, this.#vhid);
    return tunables.demotion.value + (impaired ? CARP_MAXSKEW : 0);
  }

  get #groups(): number {
    return this.#context.demotion.groups(this.#vhid.settings.groups);
  }
}
