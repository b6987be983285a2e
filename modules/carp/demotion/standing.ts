import type { InetAddress, Prefetched } from '../../ifnet/index.js';
import {
  type Demotable,
  type DemotionLedger,
  type DemotionLine,
  type DemotionStatus,
  recordStatus,
} from '../../vip/index.js';
import type { CarpContender } from '../election/election.js';
import { intervalUnits } from '../election/interval.js';
import type { CarpSettings } from '../settings.js';
import type { CarpTunables } from '../tunables.js';
import type { CarpWords } from '../wire/advertisement.js';
import { CARP_MAXSKEW, demoteByte, demotedSkew } from './demotion.js';

/** The vhid whose standing it is. */
export interface CarpStandingOwner extends Demotable {
  readonly settings: CarpSettings;
  /** It cannot advertise in one of its families. */
  readonly hampered: boolean;
}

/** Where demotion comes from. */
export interface CarpStandingNeeds {
  readonly tunables: CarpTunables;
  readonly demotion: DemotionLedger;
  /** `impaired`: another vhid of the failover group is out of service. */
  readonly group: { readonly impaired: boolean };
}

/** How good a MASTER a vhid claims to be: its settings, made worse by every demotion in force. */
export class CarpStanding implements Prefetched {
  readonly #owner: CarpStandingOwner;
  readonly #needs: CarpStandingNeeds;
  /** What demotes every vhid while this one cannot work. */
  #added: DemotionLine | undefined;
  #words: CarpWords = { advbase: 0, advskew: 0, demote: 0 };
  #contender: CarpContender = { units: 0, demote: 0, source: undefined };

  constructor(owner: CarpStandingOwner, needs: CarpStandingNeeds) {
    this.#owner = owner;
    this.#needs = needs;
  }

  /** What this vhid adds to net.inet.carp.demotion. */
  get added(): number {
    return this.#added?.amount ?? 0;
  }

  /** As a predecessor's vhid, which had added `amount`. */
  adopt(amount: number): void {
    const { demotion } = this.#needs;
    if (this.#added !== undefined) demotion.withdraw(this.#added);
    this.#added = amount === 0 ? undefined : this.#line(amount);
    if (this.#added !== undefined) demotion.inherit(this.#added);
  }

  /** Leaves what it added to a successor, whose own line replaces it: nothing is reported. */
  give(): void {
    if (this.#added !== undefined) this.#needs.demotion.withdraw(this.#added);
    this.#added = undefined;
  }

  /** advskew as sent. OpenBSD peers read the byte instead. */
  get advskew(): number {
    return this.#skew(this.#own, this.#hampering);
  }

  /** OpenBSD's demotion byte as sent; FreeBSD and ucarp send 0. */
  get demote(): number {
    return this.words.demote;
  }

  /** What its advertisements say; the same object until that changes. */
  get words(): CarpWords {
    const own = this.#own;
    const hampering = this.#hampering;
    const { advbase } = this.#owner.settings;
    const advskew = this.#skew(own, hampering);
    const demote = this.#byte(own + hampering);
    const known = this.#words;
    if (known.advbase === advbase && known.advskew === advskew && known.demote === demote) return known;
    return (this.#words = { advbase, advskew, demote });
  }

  /** Every cause in force, those that no line of the ledger has included. @param now the kernel's clock in ms */
  causes(now: number): DemotionStatus[] {
    const { demotion, group } = this.#needs;
    const owner = this.#owner;
    const lines = demotion.concerning(owner).map((record) => recordStatus(record, now));
    const own = { by: 'carp', on: owner.name };
    const { failoverGroup } = owner.settings;
    const hampering = this.#hampering;
    if (group.impaired)
      lines.push({ ...own, reason: `failover group ${failoverGroup} is incomplete`, amount: CARP_MAXSKEW });
    if (hampering > 0) lines.push({ ...own, reason: 'cannot advertise in every family', amount: hampering });
    return lines;
  }

  /** What its advertisements from `source` say of it, for an election; the same object until that changes. */
  contender(source: InetAddress | undefined): CarpContender {
    const { advbase, advskew, demote } = this.words;
    const units = intervalUnits(advbase, advskew);
    const known = this.#contender;
    if (known.units === units && known.demote === demote && known.source === source) return known;
    return (this.#contender = { units, demote, source });
  }

  prefetch(): number {
    return this.#owner.settings.advbase + this.#words.advbase + this.#contender.units;
  }

  /** A vhid that is out of service demotes every vhid of this kernel, once (FreeBSD's carp_sc_state). */
  suppress(down: boolean): void {
    const amount = this.#needs.tunables.ifdownDemotionFactor.value;
    if (!down) this.#strike(`interface up, ${this.#owner.name}`);
    else if (this.#added === undefined && amount > 0)
      this.#needs.demotion.enter((this.#added = this.#line(amount)));
  }

  #strike(why: string): void {
    const added = this.#added;
    this.#added = undefined;
    if (added !== undefined) this.#needs.demotion.strike(added, why);
  }

  /** No DemotionEntry: the ledger hands these over, and this line is in the state of its vhid. */
  #line(amount: number): DemotionLine {
    const reason = `interface down, ${this.#owner.name}`;
    return { by: 'carp', on: 'all', global: true, reason, amount, concerns: () => true };
  }

  #skew(own: number, hampering: number): number {
    const { advbase, advskew, election } = this.#owner.settings;
    if (election === 'openbsd') return advskew;
    // With advbase 0 the peers would miss the slower advertisements of a host that is the best there is; auto sends the byte.
    const hampered = advbase === 0 && election === 'auto' ? 0 : hampering;
    return demotedSkew(advskew, own + hampered);
  }

  #byte(own: number): number {
    const { election } = this.#owner.settings;
    return election === 'auto' || election === 'openbsd' ? demoteByte(own) : 0;
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
}
