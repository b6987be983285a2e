import type { Callout } from '../../../core/time/index.js';
import {
  type AddAddressOptions,
  type AddressRenewal,
  type Ifnet,
  IfnetError,
  InetPrefix,
} from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import type { VipServiceState } from '../handover/schema.js';
import type { Place } from '../place/place.js';
import { Acceptance, type AcceptanceOwner } from './acceptance.js';
import { Lease, type Leased, type LeaseOwner } from './lease.js';
import { warnOfOwn } from './leftovers.js';
import { isMarked, VIP_ADDRESS_PROTOCOL } from './mark.js';
import type { Trouble } from './trouble.js';

/** At most one restoration or trial per interval: a program that removes the addresses repeatedly must not keep us busy. */
const RESTORE_INTERVAL_MS = 1000;
/** So long after an address was added again, a report that it has gone may be about the former one. */
const REPORT_MS = 500;
const NONE: readonly InetPrefix[] = [];

/** The vhid whose addresses they are. */
export interface SharedOwner extends LeaseOwner, AcceptanceOwner {
  readonly vhid: number;
}

type SharedNeeds = Pick<VipContext, 'clock' | 'log' | 'interfaces' | 'leases' | 'protocol' | 'statistics'>;

/**
 * The shared addresses of one vhid in their place: present while it is MASTER, absent otherwise. Addresses that are taken
 * away from a MASTER are put back. An address that the host has there anyway serves as it is, and stays.
 */
export class SharedAddresses implements Leased, Disposable {
  /** Their lifetime. */
  readonly lease: Lease;
  readonly #acceptance: Acceptance;
  #placed: readonly InetPrefix[] = NONE;
  /** Wanted ones that are the host's own, perhaps with another prefix length. */
  #hosts: readonly InetPrefix[] = NONE;
  /** Made when it is first armed: never on a BACKUP. */
  #restore: Callout | undefined;
  #restoredAt = Number.NEGATIVE_INFINITY;
  #wanted: readonly InetPrefix[] = NONE;
  #serving = false;
  /** What went wrong first in the attempt under way. */
  #error: string | undefined;
  #place: Place | undefined;
  /** The addresses of a predecessor, by their texts, until it hands over. */
  #prepared: ReadonlyMap<string, InetPrefix> | undefined;
  /** Added again after they had expired, or found to have expired, with the time: see REPORT_MS. */
  readonly #returned = new Map<string, number>();

  constructor(
    private readonly vhid: SharedOwner,
    private readonly context: SharedNeeds,
    /** Called after each attempt to serve, and when the place is another. */
    private readonly report: (trouble: Trouble | undefined) => void,
  ) {
    this.lease = new Lease(vhid, this, context);
    this.#acceptance = new Acceptance(vhid, context);
  }

  get placed(): readonly InetPrefix[] {
    return this.#placed;
  }

  /** Whether it has put this address there. */
  has(prefix: InetPrefix): boolean {
    return this.#placed.some((each) => each.equals(prefix));
  }

  /** Whether the address serves: it has put it there, or it is the host's own. */
  serves(prefix: InetPrefix): boolean {
    return this.has(prefix) || this.#hosts.some(({ address }) => address.equals(prefix.address));
  }

  /** What it has put there, and which wanted ones are the host's own. */
  capture(): Pick<VipServiceState, 'placed' | 'hosts' | 'renewed'> {
    return {
      placed: this.#placed.map(String),
      hosts: this.#hosts.map(String),
      renewed: this.lease.capture(),
    };
  }

  /**
   * While a predecessor is at work: notes on the interface whose addresses these are, which `adopt` then finds done. With a
   * thousand virtual hosts it takes time that their peers do not have.
   */
  prepare(ifp: Ifnet, placed: readonly string[]): void {
    this.#prepared = new Map(placed.map((text) => [text, InetPrefix.parse(text)]));
    for (const prefix of this.#prepared.values()) this.#attribute(ifp, prefix);
  }

  /** Counts as its own what a predecessor has put there; for a new place only. */
  adopt({ placed, hosts, renewed }: Pick<VipServiceState, 'placed' | 'hosts' | 'renewed'>): void {
    for (const text of placed) this.#own(this.#prepared?.get(text) ?? InetPrefix.parse(text));
    this.#prepared = undefined;
    this.#hosts = hosts.map((text) => InetPrefix.parse(text));
    this.lease.adopt(renewed);
    if (this.#place?.ifp !== undefined) this.#acceptance.follow(this.#place.ifp, this.#placed);
  }

  /** Forgets its place, where a successor leaves everything as it is. */
  give(): void {
    this.#restore?.stop();
    this.lease[Symbol.dispose]();
    this.#acceptance.give();
    this.#placed = NONE;
    this.#hosts = NONE;
    this.#place = undefined;
  }

  /** Uses another place from now on, or none, and forgets what was put on the former one. */
  moveTo(place: Place | undefined): void {
    this.#acceptance.end();
    this.#placed = NONE;
    this.#hosts = NONE;
    this.#place = place;
    this.report(undefined);
  }

  /**
   * Puts exactly the wanted addresses in place, and removes the others it had put there. `serving`: as MASTER.
   *
   * @returns whether all is as wanted
   */
  set(serving: boolean, wanted: readonly InetPrefix[]): boolean {
    const isWanted = (prefix: InetPrefix) => wanted.some((each) => each.equals(prefix));
    const leaving = this.#placed.filter((prefix) => !isWanted(prefix));
    this.#serving = serving;
    this.#wanted = wanted;
    this.#restore?.stop();
    this.#hosts = NONE;
    this.#placed = this.#placed.filter(isWanted);
    if (!serving) this.#serve(false);
    for (const prefix of leaving) this.#take(prefix);
    const whole = this.#put();
    this.lease.follow();
    return whole;
  }

  renewal(prefix: InetPrefix): AddressRenewal | undefined {
    return this.#place?.ifp?.renewal(prefix, this.#options);
  }

  reclaim(): void {
    const { clock } = this.context;
    let again = false;
    for (const prefix of this.#placed) {
      const key = prefix.toString();
      // Before, because the report about the former address may come from within.
      this.#returned.set(key, clock.now());
      const outcome = this.#insert(prefix);
      again ||= outcome === 'added';
      if (outcome === 'added') this.#expired(prefix);
      else this.#returned.delete(key);
      if (outcome === 'failed') this.#lost(prefix);
    }
    if (again) this.report(undefined);
  }

  /** An address was removed, by us or another program. */
  removed(prefix: InetPrefix): void {
    const own = this.#hosts.filter(({ address }) => !address.equals(prefix.address));
    if (own.length < this.#hosts.length) {
      this.#hosts = own;
      return this.disturbed();
    }
    if (!this.has(prefix) || this.#isPast(prefix)) return;
    if (this.lease.lapsed) this.#expired(prefix);
    else
      this.context.log.warning(
        `${this.vhid.name}: ${prefix} was removed from ${this.#place?.ifp?.name} by another program; putting it back`,
      );
    this.#lost(prefix);
  }

  /** Something changed behind our back: check soon. */
  disturbed(): void {
    if (this.#restore?.pending === true) return;
    const now = this.context.clock.now();
    const at = Math.max(now, this.#restoredAt + RESTORE_INTERVAL_MS);
    this.#restoreAt(at);
    this.#restoredAt = at;
  }

  [Symbol.dispose](): void {
    this.#restore?.stop();
    this.lease[Symbol.dispose]();
  }

  #lost(prefix: InetPrefix): void {
    this.#placed = this.#placed.filter((each) => !each.equals(prefix));
    this.disturbed();
  }

  /** Whether the report that it was removed is about one that has been added again since. */
  #isPast(prefix: InetPrefix): boolean {
    const key = prefix.toString();
    const at = this.#returned.get(key);
    this.#returned.delete(key);
    return at !== undefined && this.context.clock.now() - at < REPORT_MS;
  }

  /** The host has removed an address, because this process did not renew it in time. */
  #expired(prefix: InetPrefix): void {
    this.context.statistics.expired.add();
    const seconds = (this.lease.age / 1000).toFixed(1);
    this.context.log
      .limited(`${this.vhid.name} expired`)
      .warning(
        () =>
          `${this.vhid.name}: ${prefix} expired on ${this.#place?.ifp?.name}, because this process could not renew it for ${seconds} s; ` +
          'putting it back',
      );
  }

  #restoreAt(deadline: number): void {
    this.#restore ??= this.context.clock.callout(
      `${this.context.protocol} ${this.vhid.name} restore addresses`,
      () => this.#put(),
    );
    this.#restore.resetAt(deadline);
  }

  #note(prefix: InetPrefix): void {
    if (this.has(prefix)) return;
    if (this.#placed.length === 0) this.lease.begin();
    this.#placed = [...this.#placed, prefix];
  }

  /** Retries what fails, while there is a place. */
  #put(): boolean {
    const ifp = this.#place?.ifp;
    if (ifp === undefined) return false;
    this.#error = undefined;
    let whole = !this.#serving || this.#serve(true);
    const wanted = whole ? this.#wanted : [];
    for (const prefix of wanted) {
      if (this.serves(prefix)) continue;
      whole = this.#add(prefix) && whole;
    }
    const accepted = this.#acceptance.follow(ifp, this.#placed);
    whole &&= accepted === undefined;
    this.#error ??= accepted;
    if (!whole) this.#restoreAt(this.context.clock.now() + RESTORE_INTERVAL_MS);
    if (this.#serving) this.#report(whole);
    return whole;
  }

  #report(whole: boolean): void {
    if (whole) return this.report(undefined);
    // Not if the interface has gone, or an address that is about to go is in the way.
    if (this.#error === undefined) return;
    this.report({ reason: this.#error, total: !this.#wanted.some((prefix) => this.serves(prefix)) });
  }

  #serve(serving: boolean): boolean {
    const what = serving ? 'cannot serve' : 'cannot stop serving';
    return this.#try(what, '', () => this.#place?.serve(serving));
  }

  #add(prefix: InetPrefix): boolean {
    const outcome = this.#insert(prefix);
    if (outcome === 'there') return this.#found(prefix);
    if (outcome === 'added') this.#note(prefix);
    return outcome === 'added';
  }

  #insert(prefix: InetPrefix): 'added' | 'there' | 'failed' {
    let there = false;
    const done = this.#try(`cannot add ${prefix} to the interface`, 'EEXIST', (ifp) => {
      there = true;
      // It is served all the same: a router that answers on its addresses is better than none.
      this.#acceptance.expect(ifp, prefix);
      ifp.addAddress(prefix, this.#options);
      there = false;
    });
    return done ? (there ? 'there' : 'added') : 'failed';
  }

  /**
   * Duplicate address detection would keep an address unusable for a second, and find its former master. The neighbours are
   * told before the table is: that takes as long again.
   */
  get #options(): AddAddressOptions {
    const { seconds: lifetime } = this.lease;
    return {
      ...this.#place?.options,
      vhid: this.vhid.vhid,
      protocol: VIP_ADDRESS_PROTOCOL,
      nodad: true,
      later: true,
      ...(lifetime === undefined ? {} : { lifetime }),
    };
  }

  /** An address to be added is there. @returns whether it serves: one that the table lacks may be about to go */
  #found(prefix: InetPrefix): boolean {
    const ifp = this.#place?.ifp;
    const found = ifp?.addresses.find((each) => each.prefix.address.equals(prefix.address));
    if (ifp === undefined || found === undefined) return false;
    if (found.vhid !== undefined || isMarked(found)) {
      this.#note(prefix);
    } else {
      this.#hosts = [...this.#hosts, prefix];
      warnOfOwn(ifp, found.prefix, this.vhid.name, this.context);
    }
    return true;
  }

  /** It is there, put there by a predecessor. */
  #own(prefix: InetPrefix): void {
    this.#note(prefix);
    const ifp = this.#place?.ifp;
    if (ifp !== undefined) this.#attribute(ifp, prefix);
  }

  #attribute(ifp: Ifnet, prefix: InetPrefix): void {
    const { vhid } = this.vhid;
    const found = ifp.findAddress(prefix);
    if (found === undefined || found.vhid === vhid) return;
    ifp.attribute(prefix.address, vhid);
    this.context.interfaces.setAddress(ifp, { ...found, vhid });
  }

  #take(prefix: InetPrefix): void {
    const what = `cannot remove ${prefix} from the interface`;
    let gone = true;
    const done = this.#try(what, 'EADDRNOTAVAIL', (ifp) => {
      ifp.removeAddress(prefix);
      gone = false;
    });
    // It had expired: the report of that may come when it has been added again.
    if (done && gone) this.#returned.set(prefix.toString(), this.context.clock.now());
  }

  /** @param fine the code of the error that means it is done already */
  #try(what: string, fine: string, action: (ifp: Ifnet) => void): boolean {
    const ifp = this.#place?.ifp;
    if (ifp === undefined) return false;
    try {
      action(ifp);
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      if (error.code === fine) return true;
      if (error.code !== 'ENXIO' && error.code !== 'ENODEV') {
        this.#error ??= `${what}: ${error.message}`;
        this.context.log
          .limited(`${this.vhid.name} ${what}`)
          .error(() => `${this.vhid.name}: ${what}: ${error.message}`);
      }
      return false;
    }
    return true;
  }
}
