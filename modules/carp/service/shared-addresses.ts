import type { Callout } from '../../../core/time/index.js';
import { type Ifnet, IfnetError, InetPrefix } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import { CARP_ADDRESS_PROTOCOL, isMarked } from '../mark.js';
import { warnOfOwn } from './leftovers.js';
import type { CarpPlace } from './place.js';

/** At most one restoration or trial per interval: a program that removes the addresses repeatedly must not keep us busy. */
const RESTORE_INTERVAL_MS = 1000;

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
  readonly #placed = new Map<string, InetPrefix>();
  /** Wanted ones that are the host's own, by their address. */
  readonly #hosts = new Map<string, InetPrefix>();
  readonly #restore: Callout;
  #restoredAt = Number.NEGATIVE_INFINITY;
  #wanted: readonly InetPrefix[] = [];
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
  ) {
    this.#restore = context.clock.callout(`carp ${name} restore addresses`, () => this.#put());
  }

  /** Whether it has put this address there. */
  has(prefix: InetPrefix): boolean {
    return this.#placed.has(prefix.toString());
  }

  /** Whether the address serves: it has put it there, or it is the host's own. */
  serves(prefix: InetPrefix): boolean {
    return this.has(prefix) || this.#hosts.has(prefix.address.toString());
  }

  /** What it has put there, and which wanted ones are the host's own. */
  capture(): { readonly placed: string[]; readonly hosts: string[] } {
    return { placed: [...this.#placed.keys()], hosts: [...this.#hosts.values()].map(String) };
  }

  /** Counts as its own what a predecessor has put there; for a new place only. */
  adopt({ placed, hosts }: { readonly placed: readonly string[]; readonly hosts: readonly string[] }): void {
    for (const prefix of placed.map((text) => InetPrefix.parse(text))) this.#own(prefix);
    for (const prefix of hosts.map((text) => InetPrefix.parse(text)))
      this.#hosts.set(prefix.address.toString(), prefix);
  }

  /** Forgets its place, where a successor leaves everything as it is. */
  give(): void {
    this.#restore.stop();
    this.#placed.clear();
    this.#hosts.clear();
    this.#place = undefined;
  }

  /** Uses another place from now on, or none, and forgets what was put on the former one. */
  moveTo(place: CarpPlace | undefined): void {
    this.#placed.clear();
    this.#hosts.clear();
    this.#place = place;
    this.report(undefined);
  }

  /**
   * Puts exactly the wanted addresses in place, and removes the others it had put there. `serving`: as MASTER.
   *
   * @returns whether all is as wanted
   */
  set(serving: boolean, wanted: readonly InetPrefix[]): boolean {
    const leaving = [...this.#placed.values()].filter(
      (prefix) => !wanted.some((each) => each.equals(prefix)),
    );
    this.#serving = serving;
    this.#wanted = wanted;
    this.#restore.stop();
    this.#hosts.clear();
    for (const prefix of leaving) this.#placed.delete(prefix.toString());
    if (!serving) this.#serve(false);
    for (const prefix of leaving) this.#take(prefix);
    return this.#put();
  }

  /** An address was removed, by us or another program. */
  removed(prefix: InetPrefix): void {
    if (this.#hosts.delete(prefix.address.toString())) return this.disturbed();
    if (!this.#placed.delete(prefix.toString())) return;
    this.context.log.warning(
      `${this.name}: ${prefix} was removed from ${this.#place?.ifp?.name} by another program; putting it back`,
    );
    this.disturbed();
  }

  /** Something changed behind our back: check soon. */
  disturbed(): void {
    if (this.#restore.pending) return;
    const now = this.context.clock.now();
    const at = Math.max(now, this.#restoredAt + RESTORE_INTERVAL_MS);
    this.#restore.resetAt(at);
    this.#restoredAt = at;
  }

  [Symbol.dispose](): void {
    this.#restore.stop();
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
    if (!whole) this.#restore.reset(RESTORE_INTERVAL_MS);
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
    if (done) this.#placed.set(prefix.toString(), prefix);
    return done;
  }

  /** An address to be added is there. @returns whether it serves: one that the table lacks may be about to go */
  #found(prefix: InetPrefix): boolean {
    const ifp = this.#place?.ifp;
    const found = ifp?.addresses.find((each) => each.prefix.address.equals(prefix.address));
    if (ifp === undefined || found === undefined) return false;
    if (found.vhid !== undefined || isMarked(found)) {
      this.#placed.set(prefix.toString(), prefix);
    } else {
      this.#hosts.set(prefix.address.toString(), prefix);
      warnOfOwn(ifp, found.prefix, this.name, this.context);
    }
    return true;
  }

  /** It is there, put there by a predecessor. */
  #own(prefix: InetPrefix): void {
    this.#placed.set(prefix.toString(), prefix);
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
