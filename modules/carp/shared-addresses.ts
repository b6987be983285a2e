/**
 * The shared addresses of one vhid in their place: there while it is MASTER, gone otherwise; what a crash left behind
 * goes when the vhid starts as BACKUP, and what somebody else takes away from a MASTER comes back.
 */
import type { Callout } from '../../core/time/index.js';
import { type Ifnet, IfnetError, type InetPrefix } from '../ifnet/index.js';
import type { CarpContext } from './context.js';
import type { CarpPlace } from './place.js';

/** Milliseconds between two restorations: whoever removes the address again and again must not keep us busy. */
const RESTORE_INTERVAL = 1000;

export class CarpSharedAddresses implements Disposable {
  readonly #placed = new Map<string, InetPrefix>();
  readonly #restore: Callout;
  #restoredAt = Number.NEGATIVE_INFINITY;
  #wanted: readonly InetPrefix[] = [];
  #serving = false;
  #place: CarpPlace | undefined;

  constructor(
    private readonly vhid: number,
    private readonly name: string,
    private readonly context: CarpContext,
  ) {
    this.#restore = context.clock.callout(`carp ${name} restore addresses`, () => this.#put());
  }

  /** Another place from now on, or none; what was put on the former one is none of ours any more. */
  moveTo(place: CarpPlace | undefined): void {
    this.#placed.clear();
    this.#place = place;
  }

  /** Puts exactly these there, taking off what was put there before. `serving`: as MASTER. */
  set(serving: boolean, wanted: readonly InetPrefix[]): void {
    this.#serving = serving;
    this.#wanted = wanted;
    this.#restore.stop();
    const leaving = [...this.#placed.values()].filter(
      (prefix) => !wanted.some((each) => each.equals(prefix)),
    );
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

  #put(): void {
    if (this.#serving && !this.#serve(true)) return;
    for (const prefix of this.#wanted) {
      if (!this.#placed.has(prefix.toString()) && this.#add(prefix))
        this.#placed.set(prefix.toString(), prefix);
    }
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
        this.context.log.error(`${this.name}: ${what}: ${error.message}`);
      return false;
    }
    return true;
  }
}
