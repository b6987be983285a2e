/**
 * The virtual MAC: the shared addresses of one vhid on an interface of their own, a macvlan, whose link-layer address is
 * the same on all hosts. So a failover changes nothing that a neighbour knows.
 *
 * It is down unless the vhid is MASTER: one frame from a BACKUP, and the switches send everything there. Its mode is
 * `vepa`: with `private` the kernel gives advertisements that come from the same link-layer address to the macvlan
 * alone (macvlan_handle_frame), and as MASTER we would not hear another one.
 *
 * Advertisements and announcements leave through the parent, from the virtual link-layer address: they need nothing of
 * the macvlan, and a switch learns the place with every advertisement. Ordinary packets may leave by the parent's route
 * and from its own address, as on FreeBSD.
 *
 * We hold the interface from the moment it is made, and act on it, whether the table has it already or, because a
 * handler is running, will have it after that, or still has one that we have removed.
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
import type { CarpContext } from '../context.js';
import { CarpError } from '../errors.js';
import type { CarpPlace } from './place.js';
import {
  createVirtual,
  destroyVirtual,
  formerSettings,
  leaveParent,
  removeLeftover,
} from './virtual-inventory.js';
import {
  type CarpParentSettings,
  followForwarding,
  settleParent,
  settleVirtual,
} from './virtual-settings.js';

/** Milliseconds between two makings: whoever removes it again and again must not keep us busy. */
const MAKE_INTERVAL = 1000;
/** Worse than what any address of the parent has: its routes are to stay the host's. */
const METRIC = 1024;

/** What it needs to know, and whom it tells. */
export interface CarpVirtualHost {
  /** For the log. */
  readonly name: string;
  readonly vhid: number;
  readonly parent: Ifnet;
  readonly lladdr: Uint8Array;
  /** Whether there are IPv6 addresses to carry. */
  readonly ipv6: boolean;
  /** It is there again. */
  arrived(): void;
  /** It is not there, and cannot be made. */
  failed(): void;
  /** Somebody has set it down. */
  lowered(): void;
  /** Somebody has taken an address off it. */
  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void;
}

export class CarpVirtualInterface implements CarpPlace {
  readonly options = { metric: METRIC };
  readonly parent: Ifnet;
  readonly #host: CarpVirtualHost;
  readonly #context: CarpContext;
  readonly #retry: Callout;
  #ifp: Ifnet | undefined;
  #before: CarpParentSettings;
  #onParent: readonly IfnetSetting[] = [];
  #madeAt = Number.NEGATIVE_INFINITY;
  /** It was there: whoever has one of its name now is somebody else, and no leftover. */
  #had = false;
  /** As we set it last. */
  #up = false;

  constructor(host: CarpVirtualHost, context: CarpContext) {
    this.#host = host;
    this.#context = context;
    this.parent = host.parent;
    this.#before = formerSettings(host.parent, context);
    this.#retry = context.clock.callout(`carp ${host.name} virtual interface`, () => this.#makeAgain());
  }

  get ifp(): Ifnet | undefined {
    return this.#ifp;
  }

  get lladdr(): Uint8Array {
    return this.#host.lladdr;
  }

  /** How the parent's settings were before the first virtual interface came to it. */
  get before(): CarpParentSettings {
    return this.#before;
  }

  open(): void {
    this.#assertUnique();
    try {
      this.#make();
    } catch (error) {
      // Inside a handler the table may not show yet what an earlier run has left, and it cannot be removed.
      if (!(error instanceof CarpError && this.#context.interfaces.dispatching)) throw error;
      this.#retry.reset(0);
    }
  }

  serve(serving: boolean): void {
    if (this.#ifp === undefined || this.#up === serving) return;
    // Before, because we are told of our own change too.
    this.#up = serving;
    try {
      this.#ifp.setUp(serving);
    } catch (error) {
      this.#up = !serving;
      throw error;
    }
    if (serving) followForwarding(this.#ifp, this.parent, (text) => this.#warn(text));
  }

  // ---- what the table of interfaces tells of it

  departed(): void {
    this.#ifp = undefined;
    this.#warn('its interface was removed; making it again');
    this.#retry.resetAt(Math.max(this.#context.clock.now(), this.#madeAt + MAKE_INTERVAL));
  }

  /** Somebody may have set it down. */
  administrative(ifp: Ifnet): void {
    if (ifp.flags.up || !this.#up) return;
    this.#up = false;
    this.#host.lowered();
  }

  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void {
    this.#host.addressRemoved(ifp, prefix);
  }

  /** Also where the parent has gone: if it is only the driver that leaves, or the parent to another netns, it stays. */
  [Symbol.dispose](): void {
    const ifp = this.#ifp;
    this.#retry.stop();
    this.#context.virtual.delete(this);
    this.#ifp = undefined;
    if (ifp !== undefined) this.#try(() => destroyVirtual(ifp));
    leaveParent(this.#onParent, this.parent, this.#context);
  }

  // ---- details

  /** Two of one address on one parent cannot be up (EADDRINUSE). */
  #assertUnique(): void {
    const { name, lladdr, parent } = this.#host;
    const taken = (whose: string): never => {
      throw new CarpError('ESETTINGS', `carp ${name}: lladdr ${formatLladdr(lladdr)} is that of ${whose}`);
    };
    if (sameBytes(parent.lladdr, lladdr)) taken(`${parent.name} itself`);
    for (const each of this.#context.virtual) {
      if (each.parent === parent && sameBytes(each.lladdr, lladdr)) taken(each.#host.name);
    }
  }

  #make(): void {
    const { lladdr, vhid, ipv6, parent } = this.#host;
    const warn = (text: string): void => this.#warn(text);
    this.#madeAt = this.#context.clock.now();
    if (!this.#had) {
      this.#before = formerSettings(parent, this.#context);
      removeLeftover(vhid, parent, this.#context);
    }
    const before = this.#before;
    this.#ifp = createVirtual({ vhid, parent, lladdr, before });
    this.#context.virtual.add(this);
    this.#had = true;
    this.#up = false;
    const held = this.#onParent;
    this.#onParent = settleParent(parent, before, warn);
    for (const setting of held) setting.keep();
    settleVirtual(this.#ifp, ipv6, warn);
  }

  #makeAgain(): void {
    if (this.#try(() => this.#make())) return this.#host.arrived();
    this.#host.failed();
    this.#retry.reset(MAKE_INTERVAL);
  }

  #try(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!(error instanceof IfnetError || error instanceof CarpError)) throw error;
      this.#warn(error.message);
      return false;
    }
  }

  #warn(text: string): void {
    this.#context.refusals.warn(`${this.#host.name} ${text}`, () => `${this.#host.name}: ${text}`);
  }
}
