/**
 * The shared addresses of one vhid in their place: there while it is MASTER, gone otherwise; what a crash left behind
 * goes when the vhid starts as BACKUP, and what somebody else takes away from a MASTER comes back.
 */
import type { Callout } from '../../../core/time/index.js';
import { type Ifnet, IfnetError, type InetPrefix } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpPlace } from './place.js';

/** Milliseconds between two restorations, or trials: whoever hinders us again and again must not keep us busy. */
const RESTORE_INTERVAL = 1000;

export class CarpSharedAddresses implements Disposable {
  readonly #placed = new Map<string, InetPrefix>();
  readonly #restore: Callout;
  #restoredAt = Number.NEGATIVE_INFINITY;
  #wanted: readonly InetPrefix[] = [];
  #serving = false;
  #failing = false;
  #place: CarpPlace | undefined;

  constructor(
    private readonly vhid: number,
    private readonly name: string,
    private readonly context: CarpContext,
    /** `failing` is another. */
    private readonly changed: () => void,
  ) {
    this.#restore = context.clock.callout(`carp ${name} restore addresses`, () => this.#put());
  }

  /** The place could not serve when it was last asked to, or cannot be made. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Another place from now on, or none; what was put on the former one is none of ours any more. */
  moveTo(place: CarpPlace | undefined): void {
    this.#placed.clear();
    this.#place = place;
    this.#fail(false);
  }

  /** The place cannot be made. */
  failed(): void {
    this.#fail(true);
  }

  /** Puts exactly these there, taking off what was put there before. `serving`: as MASTER. */
  set(serving: boolean, wanted: readonly InetPrefix[]): void {
    // Not only those that are still there as far as was told: with the driver goes only the report of them.
    const leaving = this.#wanted.filter((prefix) => !wanted.some((each) => each.equals(prefix)));
    this.#serving = serving;
    this.#wanted = wanted;
    this.#restore.stop();
    for (const prefix of leaving) this.#placed.delete(prefix.toString());
    if (!serving) this.#serve(false);
    for (const prefix of leaving) this.#take(prefix);
    this.#put();
  }

  /** Takes off an interface what a former process left behind there. */
  clear(ifp: Ifnet, prefixes: readonly InetPrefix[]): void {
    for (const prefix of prefixes) {
      if (!ifp.addresses.some((address) => address.prefix.equals(prefix))) continue;
      this.context.log.notice(
        `${this.name}: taking ${prefix} off ${ifp.name}, left behind by an earlier run`,
      );
      this.#take(prefix, ifp);
    }
  }

  /** Somebody took an address off. */
  removed(prefix: InetPrefix): void {
    if (!this.#placed.delete(prefix.toString())) return;
    this.context.log.warning(
      `${this.name}: ${prefix} was taken off ${this.#place?.ifp?.name}; putting it back`,
    );
    this.disturbed();
  }

  /** Something is not as it was put: looks after it, soon. */
  disturbed(): void {
    if (this.#restore.pending) return;
    const now = this.context.clock.now();
    const at = Math.max(now, this.#restoredAt + RESTORE_INTERVAL);
    this.#restore.resetAt(at);
    this.#restoredAt = at;
  }

  [Symbol.dispose](): void {
    this.#restore.stop();
  }

  /** What cannot be done is tried again, while there is a place. */
  #put(): void {
    if (this.#place?.ifp === undefined) return;
    let whole = !this.#serving || this.#serve(true);
    if (this.#serving) this.#fail(!whole);
    for (const prefix of whole ? this.#wanted : []) {
      if (this.#placed.has(prefix.toString())) continue;
      if (this.#add(prefix)) this.#placed.set(prefix.toString(), prefix);
      else whole = false;
    }
    if (!whole) this.#restore.reset(RESTORE_INTERVAL);
  }

  #fail(failing: boolean): void {
    if (this.#failing === failing) return;
    this.#failing = failing;
    this.changed();
  }

  #serve(serving: boolean): boolean {
    const what = serving ? 'cannot serve' : 'cannot stop serving';
    return this.#try(what, '', () => this.#place?.serve(serving));
  }

  #add(prefix: InetPrefix): boolean {
    return this.#try(`cannot put ${prefix} on the interface`, 'EEXIST', (ifp) =>
      // Duplicate address detection would keep the address unusable for a second, and find its former holder.
      ifp.addAddress(prefix, { ...this.#place?.options, nodad: true, vhid: this.vhid }),
    );
  }

  #take(prefix: InetPrefix, from = this.#place?.ifp): void {
    const what = `cannot take ${prefix} off the interface`;
    this.#try(what, 'EADDRNOTAVAIL', (ifp) => ifp.removeAddress(prefix), from);
  }

  /** `fine`: the error that says it is done already. */
  #try(what: string, fine: string, action: (ifp: Ifnet) => void, ifp = this.#place?.ifp): boolean {
    if (ifp === undefined) return false;
    try {
      action(ifp);
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      if (error.code === fine) return true;
      if (error.code !== 'ENXIO' && error.code !== 'ENODEV')
        this.context.log.limited(`${this.name} ${what}`).error(`${this.name}: ${what}: ${error.message}`);
      return false;
    }
    return true;
  }
}
