import type { Callout } from '../../../core/time/index.js';
import { type Ifnet, IfnetError, InetPrefix } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import { CARP_ADDRESS_PROTOCOL, isMarked } from '../mark.js';
import { warnOfOwn } from './leftovers.js';
import type { CarpPlace } from './place.js';

/** At most one restoration or trial per interval: a program that removes the addresses repeatedly must not keep us busy. */
const RESTORE_INTERVAL_MS = 1000;
const NONE: readonly InetPrefix[] = [];

/** Why a MASTER does not serve as it should. */
export interface CarpTrouble {
  readonly reason: string;
  /** No address is served. */
  readonly total: boolean;
}

/**
 * The shared addresses of one vhid in their place: present while it is MASTER, absent otherwise. Addresses that are taken
 * away from a MASTER are put back. An address that the host has there anyway serves as it is, and stays.
 */
export class CarpSharedAddresses implements Disposable {
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
  #place: CarpPlace | undefined;

  constructor(
    private readonly vhid: number,
    private readonly name: string,
    private readonly context: Pick<CarpContext, 'clock' | 'log' | 'interfaces'>,
    /** Called after each attempt to serve, and when the place is another. */
    private readonly report: (trouble: CarpTrouble | undefined) => void,
  ) {}

  /** Whether it has put this address there. */
  has(prefix: InetPrefix): boolean {
    return this.#placed.some((each) => each.equals(prefix));
  }

  /** Whether the address serves: it has put it there, or it is the host's own. */
  serves(prefix: InetPrefix): boolean {
    return this.has(prefix) || this.#hosts.some(({ address }) => address.equals(prefix.address));
  }

  /** What it has put there, and which wanted ones are the host's own. */
  capture(): { readonly placed: string[]; readonly hosts: string[] } {
    return { placed: this.#placed.map(String), hosts: this.#hosts.map(String) };
  }

  /** Counts as its own what a predecessor has put there; for a new place only. */
  adopt({ placed, hosts }: { readonly placed: readonly string[]; readonly hosts: readonly string[] }): void {
    for (const prefix of placed.map((text) => InetPrefix.parse(text))) this.#own(prefix);
    this.#hosts = hosts.map((text) => InetPrefix.parse(text));
  }

  /** Forgets its place, where a successor leaves everything as it is. */
  give(): void {
    this.#restore?.stop();
    this.#placed = NONE;
    this.#hosts = NONE;
    this.#place = undefined;
  }

  /** Uses another place from now on, or none, and forgets what was put on the former one. */
  moveTo(place: CarpPlace | undefined): void {
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
    return this.#put();
  }

  /** An address was removed, by us or another program. */
  removed(prefix: InetPrefix): void {
    const own = this.#hosts.filter(({ address }) => !address.equals(prefix.address));
    if (own.length < this.#hosts.length) {
      this.#hosts = own;
      return this.disturbed();
    }
    if (!this.has(prefix)) return;
    this.#placed = this.#placed.filter((each) => !each.equals(prefix));
    this.context.log.warning(
      `${this.name}: ${prefix} was removed from ${this.#place?.ifp?.name} by another program; putting it back`,
    );
    this.disturbed();
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
  }

  #restoreAt(deadline: number): void {
    this.#restore ??= this.context.clock.callout(`carp ${this.name} restore addresses`, () => this.#put());
    this.#restore.resetAt(deadline);
  }

  #note(prefix: InetPrefix): void {
    if (!this.has(prefix)) this.#placed = [...this.#placed, prefix];
  }

  /** Retries what fails, while there is a place. */
  #put(): boolean {
    if (this.#place?.ifp === undefined) return false;
    this.#error = undefined;
    let whole = !this.#serving || this.#serve(true);
    const wanted = whole ? this.#wanted : [];
    for (const prefix of wanted) {
      if (this.serves(prefix)) continue;
      whole = this.#add(prefix) && whole;
    }
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
    const options = { ...this.#place?.options, vhid: this.vhid, protocol: CARP_ADDRESS_PROTOCOL };
    let there = false;
    const done = this.#try(`cannot add ${prefix} to the interface`, 'EEXIST', (ifp) => {
      there = true;
      // Duplicate address detection would keep the address unusable for a second, and find its former master.
      ifp.addAddress(prefix, { ...options, nodad: true });
      there = false;
    });
    if (done && there) return this.#found(prefix);
    if (done) this.#note(prefix);
    return done;
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
      warnOfOwn(ifp, found.prefix, this.name, this.context);
    }
    return true;
  }

  /** It is there, put there by a predecessor. */
  #own(prefix: InetPrefix): void {
    this.#note(prefix);
    const ifp = this.#place?.ifp;
    const found = ifp?.addresses.find((each) => each.prefix.equals(prefix));
    if (ifp === undefined || found === undefined) return;
    ifp.attribute(prefix.address, this.vhid);
    this.context.interfaces.setAddress(ifp, { ...found, vhid: this.vhid });
  }

  #take(prefix: InetPrefix): void {
    const what = `cannot remove ${prefix} from the interface`;
    this.#try(what, 'EADDRNOTAVAIL', (ifp) => ifp.removeAddress(prefix));
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
          .limited(`${this.name} ${what}`)
          .error(() => `${this.name}: ${what}: ${error.message}`);
      }
      return false;
    }
    return true;
  }
}
