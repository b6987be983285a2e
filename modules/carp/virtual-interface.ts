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
 * What stands in its alias tells other processes, and the next one after a crash, that it is carpet's, and how the
 * parent's settings were before: the last to leave puts them back.
 */
import type { Callout } from '../../core/time/index.js';
import { formatLladdr, type Ifnet, IfnetError, type IfnetSetting, type InetPrefix } from '../ifnet/index.js';
import type { CarpContext } from './context.js';
import { CarpError } from './errors.js';
import type { CarpPlace } from './place.js';
import {
  type CarpParentSettings,
  followForwarding,
  parentSettings,
  settleParent,
  settleVirtual,
} from './virtual-settings.js';

/** Milliseconds between two makings: whoever removes it again and again must not keep us busy. */
const MAKE_INTERVAL = 1000;
/** Worse than what any address of the parent has: its routes are to stay the host's. */
const METRIC = 1024;
const NAME = /^c(?:arp)?\d{1,3}-(\d+)$/;
const ALIAS = /^carpet: .*; before: arp_ignore (\d) arp_announce (\d)$/;

/** What it needs to know, and whom it tells. */
export interface CarpVirtualHost {
  /** For the log. */
  readonly name: string;
  readonly vhid: number;
  readonly parent: Ifnet;
  readonly lladdr: Uint8Array;
  /** Whether there are IPv6 addresses to carry. */
  readonly ipv6: boolean;
  /** It is there now. */
  arrived(): void;
  /** Somebody has set it down. */
  lowered(): void;
  /** Somebody has taken an address off it. */
  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void;
}

export class CarpVirtualInterface implements CarpPlace {
  readonly options = { metric: METRIC };
  readonly parent: Ifnet;
  /** How the parent's settings were before the first virtual interface came to it. */
  readonly before: CarpParentSettings;
  readonly #host: CarpVirtualHost;
  readonly #context: CarpContext;
  readonly #retry: Callout;
  readonly #ifname: string;
  #ifp: Ifnet | undefined;
  #onParent: readonly IfnetSetting[] = [];
  #madeAt = Number.NEGATIVE_INFINITY;
  /** Made, and not yet reported. */
  #awaited = false;
  /** It was there: whoever has one of its name now is somebody else, and no leftover. */
  #had = false;
  /** As we set it last. */
  #up = false;

  constructor(host: CarpVirtualHost, context: CarpContext) {
    this.#host = host;
    this.#context = context;
    this.parent = host.parent;
    this.before = formerSettings(host.parent, context);
    this.#ifname = virtualIfname(host.vhid, host.parent);
    this.#retry = context.clock.callout(`carp ${host.name} virtual interface`, () => this.#makeAgain());
  }

  get ifp(): Ifnet | undefined {
    return this.#ifp;
  }

  /** Whether an event of this interface is ours: by its name until it has come, whatever it is called later. */
  owns(ifp: Ifnet): boolean {
    return this.#ifp === undefined ? ifp.name === this.#ifname : ifp === this.#ifp;
  }

  open(): void {
    this.#context.virtual.add(this);
    this.#onParent = settleParent(this.parent, this.before, (text) => this.#warn(text));
    this.#make();
  }

  serve(serving: boolean): void {
    if (this.#ifp === undefined || this.#up === serving) return;
    this.#up = serving;
    try {
      this.#ifp.setUp(serving);
    } catch (error) {
      this.#up = !serving;
      throw error;
    }
    if (serving) followForwarding(this.#ifp, this.parent, (text) => this.#warn(text));
  }

  // ---- what the table of interfaces tells

  arrived(ifp: Ifnet): void {
    if (this.#ifp !== undefined) return;
    // Inside a handler nobody could know of one that an earlier run has left.
    if (!this.#awaited) return this.#tryMake();
    this.#awaited = false;
    this.#had = true;
    this.#up = false;
    this.#ifp = ifp;
    settleVirtual(ifp, this.#host.ipv6, (text) => this.#warn(text));
    this.#host.arrived();
  }

  departed(ifp: Ifnet): void {
    if (ifp !== this.#ifp) return;
    this.#ifp = undefined;
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

  [Symbol.dispose](): void {
    const ifp = this.#ifp;
    this.#retry.stop();
    this.#context.virtual.delete(this);
    this.#ifp = undefined;
    // With its parent it goes by itself.
    if (ifp?.attached && this.parent.attached) this.#try(() => ifp.destroy());
    leaveParent(this.#onParent, this.#host.vhid, this.parent, this.#context);
  }

  // ---- details

  #make(): void {
    const { parent, before } = this;
    const { lladdr, vhid } = this.#host;
    this.#madeAt = this.#context.clock.now();
    if (!this.#had) removeLeftover(vhid, parent, this.#context);
    this.#awaited = true;
    const alias = aliasOf(vhid, parent, before);
    try {
      parent.createMacvlan({ name: this.#ifname, lladdr, mode: 'vepa', alias });
    } catch (error) {
      this.#awaited = false;
      const reported = !this.#context.interfaces.dispatching;
      if (!(error instanceof IfnetError) || error.code !== 'EEXIST' || reported) throw error;
    }
  }

  #makeAgain(): void {
    if (!this.parent.attached || this.#ifp !== undefined || this.#awaited) return;
    this.#warn(`making ${this.#ifname} again`);
    this.#tryMake();
  }

  #tryMake(): void {
    if (!this.#try(() => this.#make())) this.#retry.reset(MAKE_INTERVAL);
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

/**
 * `carp7-2`: the vhid and the index of the parent, which stays when that is renamed. At most 15 bytes, so the word is
 * shorter where there have been ten million interfaces.
 */
export function virtualIfname(vhid: number, parent: Ifnet): string {
  const tail = `${vhid}-${parent.index}`;
  return `${tail.length <= 11 ? 'carp' : 'c'}${tail}`;
}

/** A vhid needs none (any more): what a killed process has left goes, and the parent's settings are as before. */
export function clearVirtual(vhid: number, parent: Ifnet, context: CarpContext): void {
  const left = context.interfaces.byName(virtualIfname(vhid, parent));
  if (left === undefined || !ALIAS.test(left.alias ?? '')) return;
  const settings = settleParent(parent, formerSettings(parent, context), () => {});
  removeLeftover(vhid, parent, context);
  leaveParent(settings, vhid, parent, context);
}

/** The last vhid to leave, of whichever process, puts the parent's settings back. */
function leaveParent(
  settings: readonly IfnetSetting[],
  vhid: number,
  parent: Ifnet,
  { interfaces }: CarpContext,
): void {
  const own = virtualIfname(vhid, parent);
  const needed = interfaces.list().some((ifp) => ifp.name !== own && isVirtual(ifp, parent));
  for (const setting of settings) {
    if (needed) setting.keep();
    else setting[Symbol.dispose]();
  }
}

/** Throws CarpError EEXIST for what is not carpet's, IfnetError. */
function removeLeftover(vhid: number, parent: Ifnet, { interfaces, log }: CarpContext): void {
  const name = virtualIfname(vhid, parent);
  const left = interfaces.byName(name);
  if (left === undefined) return;
  if (!ALIAS.test(left.alias ?? '')) {
    throw new CarpError(
      'EEXIST',
      `carp: interface ${name} is there and not carpet's: ip link delete ${name}`,
    );
  }
  log.notice(`removing ${name} with ${formatLladdr(left.lladdr)}, left behind by an earlier run`);
  left.destroy();
}

/** That of a vhid on this parent, in whichever process. By its name: Linux may not have told the alias yet. */
function isVirtual(ifp: Ifnet, parent: Ifnet): boolean {
  return ifp.kind === 'macvlan' && NAME.exec(ifp.name)?.[1] === String(parent.index);
}

function aliasOf(vhid: number, { name }: Ifnet, { arpIgnore, arpAnnounce }: CarpParentSettings): string {
  return `carpet: vhid ${vhid} on ${name}; before: arp_ignore ${arpIgnore} arp_announce ${arpAnnounce}`;
}

/** The parent's settings as they were before the first virtual interface came, of whichever process. */
function formerSettings(parent: Ifnet, { interfaces, virtual }: CarpContext): CarpParentSettings {
  for (const each of virtual) if (each.parent === parent) return each.before;
  for (const ifp of interfaces.list()) {
    const found = isVirtual(ifp, parent) ? ALIAS.exec(ifp.alias ?? '') : null;
    if (found) return { arpIgnore: Number(found[1]), arpAnnounce: Number(found[2]) };
  }
  return parentSettings(parent);
}
