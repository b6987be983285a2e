/**
 * The virtual interface is down unless the vhid is MASTER: a single frame from a BACKUP would make the switches send
 * everything there. Its mode is `vepa`: with `private` the kernel gives advertisements that come from the same
 * link-layer address to the macvlan alone (macvlan_handle_frame), and a MASTER would not hear another MASTER.
 *
 * Advertisements and announcements leave through the parent, from the virtual link-layer address: they do not need the
 * macvlan, and switches learn the place with every advertisement. Ordinary packets may leave by the parent's route and
 * from its own address, as on FreeBSD.
 *
 * Re-entry: we hold the interface from the moment it is made, and act on it, even if the table of interfaces lags
 * because a handler is running: it may lack the new one, or still have one that we removed.
 *
 * @module
 */
import type { Callout } from '../../../core/time/index.js';
import {
  formatLladdr,
  type Ifnet,
  IfnetError,
  type IfnetSetting,
  type InetPrefix,
  sameBytes,
} from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import { VipError } from '../errors.js';
import type { Place } from './place.js';
import {
  createVirtual,
  destroyVirtual,
  findVirtual,
  formerSettings,
  type InventoryNeeds,
  leaveParent,
  removeLeftover,
  type VirtualNamed,
} from './virtual-inventory.js';
import { followForwarding, settleParent, settleVirtual } from './virtual-settings.js';
import type { ParentSettings, Virtual } from './virtual-table.js';

/** At most one creation per interval: a program that removes the interface repeatedly must not keep us busy. */
const MAKE_INTERVAL_MS = 1000;
/** Worse than the metric of any address of the parent, so that the host keeps using the parent's routes. */
const ROUTE_METRIC = 1024;

/** The vhid that it serves: facts, and what is called when the interface changes. */
export interface VirtualOwner extends VirtualNamed {
  /** For the log. */
  readonly name: string;
  readonly parent: Ifnet;
  readonly lladdr: Uint8Array;
  /** Whether there are IPv6 addresses to carry. */
  readonly ipv6: boolean;
  /** It exists again. */
  arrived(): void;
  /** It is missing and cannot be made. */
  failed(reason: string): void;
  /** Another program set it down. */
  lowered(): void;
  /** An address was removed from it. */
  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void;
}

type VirtualNeeds = InventoryNeeds & Pick<VipContext, 'clock' | 'protocol' | 'refusalLog'>;

/**
 * The virtual MAC: the shared addresses of one vhid on an interface of their own, a macvlan, whose link-layer address is
 * the same on all hosts, so that a failover changes nothing in the neighbours' caches.
 */
export class VirtualInterface implements Place, Virtual {
  readonly options = { metric: ROUTE_METRIC };
  readonly parent: Ifnet;
  readonly #owner: VirtualOwner;
  readonly #context: VirtualNeeds;
  readonly #retry: Callout;
  #ifp: Ifnet | undefined;
  #before: ParentSettings;
  #onParent: readonly IfnetSetting[] = [];
  #madeAt = Number.NEGATIVE_INFINITY;
  /** It existed once: an interface of its name is another program's now, and no leftover. */
  #had = false;
  /** Whether we last set it up. */
  #up = false;

  constructor(owner: VirtualOwner, context: VirtualNeeds) {
    this.#owner = owner;
    this.#context = context;
    this.parent = owner.parent;
    this.#before = formerSettings(owner.parent, context);
    this.#retry = context.clock.callout(`${context.protocol} ${owner.name} virtual interface`, () =>
      this.#makeAgain(),
    );
  }

  get ifp(): Ifnet | undefined {
    return this.#ifp;
  }

  get name(): string {
    return this.#owner.name;
  }

  get lladdr(): Uint8Array {
    return this.#owner.lladdr;
  }

  get before(): ParentSettings {
    return this.#before;
  }

  /** What promote_secondaries was is of no concern: the interface goes, and the parent's settings are in its alias. */
  readonly promoted = null;

  adopt(serving: boolean): void {
    const { parent, lladdr } = this.#owner;
    const found = findVirtual(this.#owner, parent, this.#context);
    this.#assertUnique();
    this.#had = true;
    if (found === undefined || !sameBytes(found.ifp.lladdr, lladdr)) return this.#retry.reset(0);
    this.#ifp = found.ifp;
    this.#before = found.before;
    this.#context.virtual.add(this);
    this.#up = serving;
    this.#onParent = settleParent(parent, found.before, (text) => this.#warn(text));
  }

  give(): void {
    this.#retry.stop();
    this.#context.virtual.delete(this);
    this.#ifp = undefined;
    for (const setting of this.#onParent) setting.keep();
  }

  open(): void {
    this.#assertUnique();
    try {
      this.#make();
    } catch (error) {
      // Inside a handler the table may not show yet what an earlier run has left, and it cannot be removed.
      if (!(error instanceof VipError && this.#context.interfaces.dispatching)) throw error;
      this.#retry.reset(0);
    }
  }

  serve(serving: boolean): void {
    if (this.#ifp === undefined || this.#up === serving) return;
    // Before, because our own change is reported to us too.
    this.#up = serving;
    try {
      this.#ifp.setUp(serving);
    } catch (error) {
      this.#up = !serving;
      throw error;
    }
    if (serving) followForwarding(this.#ifp, this.parent, (text) => this.#warn(text));
  }

  // ---- events of the interface

  departed(): void {
    this.#ifp = undefined;
    this.#warn('the virtual interface was removed; making it again');
    this.#retry.resetAt(Math.max(this.#context.clock.now(), this.#madeAt + MAKE_INTERVAL_MS));
  }

  administrative(ifp: Ifnet): void {
    if (ifp.flags.up || !this.#up) return;
    this.#up = false;
    this.#owner.lowered();
  }

  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void {
    this.#owner.addressRemoved(ifp, prefix);
  }

  /** Even if the parent has departed: if only the driver unloads, or the parent moved to another netns, it remains. */
  [Symbol.dispose](): void {
    const ifp = this.#ifp;
    this.#retry.stop();
    this.#context.virtual.delete(this);
    this.#ifp = undefined;
    if (ifp !== undefined) this.#try(() => destroyVirtual(ifp));
    leaveParent(this.#onParent, this.parent, this.#context);
  }

  // ---- details

  /** Two with the same address on one parent cannot both be up (EADDRINUSE). */
  #assertUnique(): void {
    const { name, lladdr, parent } = this.#owner;
    const taken = (whose: string): never => {
      throw new VipError(
        'ESETTINGS',
        `${this.#context.protocol} ${name}: lladdr ${formatLladdr(lladdr)} is already that of ${whose}`,
      );
    };
    if (sameBytes(parent.lladdr, lladdr)) taken(`${parent.name} itself`);
    for (const each of this.#context.virtual.on(parent)) {
      if (sameBytes(each.lladdr, lladdr)) taken(each.name);
    }
  }

  #make(): void {
    const { lladdr, vhid, virtualPrefix, ipv6, parent } = this.#owner;
    const warn = (text: string): void => this.#warn(text);
    this.#madeAt = this.#context.clock.now();
    if (!this.#had) {
      this.#before = formerSettings(parent, this.#context);
      removeLeftover(this.#owner, parent, this.#context);
    }
    const before = this.#before;
    this.#ifp = createVirtual({ vhid, virtualPrefix, parent, lladdr, before }, this.#context.protocol);
    this.#context.virtual.add(this);
    this.#had = true;
    this.#up = false;
    const held = this.#onParent;
    this.#onParent = settleParent(parent, before, warn);
    for (const setting of held) setting.keep();
    settleVirtual(this.#ifp, ipv6, warn);
  }

  #makeAgain(): void {
    const error = this.#try(() => this.#make());
    if (error === undefined) return this.#owner.arrived();
    this.#owner.failed(`cannot make its virtual interface: ${error}`);
    this.#retry.reset(MAKE_INTERVAL_MS);
  }

  /** @returns what went wrong */
  #try(action: () => void): string | undefined {
    try {
      action();
      return undefined;
    } catch (error) {
      if (!(error instanceof IfnetError || error instanceof VipError)) throw error;
      this.#warn(error.message);
      return error.message;
    }
  }

  #warn(text: string): void {
    this.#context.refusalLog(`${this.name} ${text}`)?.warning(() => `${this.name}: ${text}`);
  }
}
