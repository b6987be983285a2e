/**
 * The shared addresses of one vhid on its interface: there while it is MASTER, gone otherwise; what a crash left behind
 * goes when the vhid starts as BACKUP, and what somebody else takes away from a MASTER comes back.
 */
import type { Callout } from '../../core/time/index.js';
import { type Ifnet, IfnetError, type InetPrefix } from '../ifnet/index.js';
import type { CarpContext } from './context.js';

/** Milliseconds between two restorations: whoever removes the address again and again must not keep us busy. */
const RESTORE_INTERVAL = 1000;

export class CarpSharedAddresses implements Disposable {
  readonly #placed = new Map<string, InetPrefix>();
  readonly #restore: Callout;
  #restoredAt = Number.NEGATIVE_INFINITY;
  #wanted: readonly InetPrefix[] = [];
  #ifp: Ifnet | undefined;

  constructor(
    private readonly vhid: number,
    private readonly name: string,
    private readonly context: CarpContext,
  ) {
    this.#restore = context.clock.callout(`carp ${name} restore addresses`, () => this.#place());
  }

  /** Puts exactly these on the interface, taking off what was put there before. */
  set(ifp: Ifnet | undefined, wanted: readonly InetPrefix[]): void {
    this.#ifp = ifp;
    this.#wanted = wanted;
    this.#restore.stop();
    for (const [text, prefix] of this.#placed) {
      if (!wanted.some((each) => each.equals(prefix))) {
        this.#placed.delete(text);
        this.#take(prefix);
      }
    }
    this.#place();
  }

  /** Takes off what a former process left behind. */
  clear(ifp: Ifnet, prefixes: readonly InetPrefix[]): void {
    this.#ifp = ifp;
    for (const prefix of prefixes) {
      if (!ifp.addresses.some((address) => address.prefix.equals(prefix))) continue;
      this.context.log.notice(
        `${this.name}: taking ${prefix} off ${ifp.name}, left behind by an earlier run`,
      );
      this.#take(prefix);
    }
  }

  /** Somebody took an address off the interface. */
  removed(prefix: InetPrefix): void {
    if (!this.#placed.has(prefix.toString())) return;
    this.#placed.delete(prefix.toString());
    const wait = this.#restoredAt + RESTORE_INTERVAL - this.context.clock.now();
    this.context.log.warning(`${this.name}: ${prefix} was taken off ${this.#ifp?.name}; putting it back`);
    this.#restore.reset(Math.max(0, wait));
    this.#restoredAt = this.context.clock.now() + Math.max(0, wait);
  }

  /** The interface went, and all that was on it. */
  forget(): void {
    this.#placed.clear();
    this.#ifp = undefined;
  }

  [Symbol.dispose](): void {
    this.#restore.stop();
  }

  #place(): void {
    for (const prefix of this.#wanted) {
      if (!this.#placed.has(prefix.toString()) && this.#add(prefix))
        this.#placed.set(prefix.toString(), prefix);
    }
  }

  #add(prefix: InetPrefix): boolean {
    return this.#try(`cannot put ${prefix} on the interface`, 'EEXIST', (ifp) =>
      // Duplicate address detection would keep the address unusable for a second, and find its former holder.
      ifp.addAddress(prefix, { nodad: true, vhid: this.vhid }),
    );
  }

  #take(prefix: InetPrefix): void {
    this.#try(`cannot take ${prefix} off the interface`, 'EADDRNOTAVAIL', (ifp) => ifp.removeAddress(prefix));
  }

  /** `fine`: the error that says it is done already. */
  #try(what: string, fine: string, action: (ifp: Ifnet) => void): boolean {
    if (this.#ifp === undefined) return false;
    try {
      action(this.#ifp);
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
