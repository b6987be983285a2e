import type { Callout, Clock } from '../../../core/time/index.js';
import {
  type AddAddressOptions,
  type IfAddress,
  IfnetError,
  type InetAddress,
  type InetPrefix,
} from '../index.js';

import type { LanSysctls } from './sysctls.js';

/** One DAD probe and one retransmission timer of silence (RFC 4862 section 5.4, RFC 4861 section 10). */
const DAD_MS = 1000;
/** A link that carries less has no IPv6 (RFC 8200 section 5). */
export const IPV6_MIN_MTU = 1280;
/** Linux removes an address so much later than its lifetime ends, at the most. */
const EXPIRY_LATENESS_MS = 280;
/** What the host's operating system does, and no module of it, goes by this name. */
const LAN = { name: 'lan' };

/** What the addresses of an interface need of it. */
export interface AddressingDelegate {
  readonly clock: Clock;
  readonly name: string;
  readonly mtu: number;
  /** Administratively up. */
  readonly up: boolean;
  readonly sysctls: LanSysctls;
  /** Whether it notes the protocol of an address. */
  readonly notesProtocols: boolean;
  /** Asks the link whether another host has the address. */
  probe(address: InetAddress): void;
  addressSet(address: IfAddress): void;
  addressUnset(address: IfAddress): void;
}

/**
 * The addresses an interface really has, as its kernel would keep them; `Ifnet.addresses` shows those reported so far. As
 * on Linux: an IPv4 address in the network of an earlier one is secondary, and is promoted when
 * the earlier one goes, or goes with it (promote_secondaries); a new IPv6 address is tentative until duplicate address detection
 * ends, unless `nodad`, which begins when the interface is up; a duplicate stays, marked, and is not used; an address with a
 * lifetime goes at its end.
 */
export class Addressing implements Disposable {
  #list: IfAddress[] = [];
  readonly #dad = new Map<string, Callout>();
  readonly #lifetimes = new Map<string, Callout>();
  /** Addresses to which no packets are accepted. */
  readonly #unaccepted = new Set<string>();

  constructor(private readonly host: AddressingDelegate) {}

  get list(): readonly IfAddress[] {
    return this.#list;
  }

  find(address: InetAddress): IfAddress | undefined {
    return this.#list.find((a) => a.prefix.address.equals(address));
  }

  /** Whether packets to this address are for us. */
  isLocal(address: InetAddress): boolean {
    const found = this.find(address);
    return found !== undefined && !found.tentative;
  }

  /** Whether packets to it are accepted, if it is ours. */
  accepts(address: InetAddress): boolean {
    return this.#unaccepted.size === 0 || !this.#unaccepted.has(address.toString());
  }

  setAccepting(address: InetAddress, accepting: boolean): void {
    if (accepting) this.#unaccepted.delete(address.toString());
    else this.#unaccepted.add(address.toString());
  }

  /** The first address of the family that may be a source, those of vhids last. */
  source(family: 4 | 6): InetAddress | undefined {
    const usable = this.#list.filter((a) => a.prefix.address.family === family && !a.tentative);
    return (usable.find((a) => a.vhid === undefined) ?? usable[0])?.prefix.address;
  }

  add(prefix: InetPrefix, options: AddAddressOptions = {}): void {
    const { nodad = false, vhid, protocol, lifetime } = options;
    const { address } = prefix;
    this.#check(prefix);
    const earlier = this.#list.some((a) => sameSubnet(a.prefix, prefix));
    const tentative = address.family === 6 && !nodad;
    this.#set({
      prefix,
      scope: address.isLinkLocal ? 'link' : address.isLoopback ? 'host' : 'global',
      tentative,
      deprecated: false,
      secondary: address.family === 4 && earlier,
      ...(prefix.broadcast === undefined ? {} : { broadcast: prefix.broadcast }),
      ...(vhid === undefined ? {} : { vhid }),
      ...(protocol === undefined || !this.host.notesProtocols ? {} : { protocol }),
      ...(lifetime === undefined ? {} : this.#begin(prefix, lifetime)),
    });
    if (tentative && this.host.up && this.find(address) !== undefined) this.#detectDuplicate(address);
  }

  /** As Linux: the lifetime begins anew, or there is none from now on; an address that is gone is added. */
  renew(prefix: InetPrefix, options: AddAddressOptions): void {
    const known = this.#list.find((a) => a.prefix.equals(prefix));
    const { lifetime } = options;
    if (known === undefined) return this.add(prefix, options);
    if (lifetime !== undefined) return this.#set({ ...known, ...this.#begin(prefix, lifetime) });
    this.#endLifetime(prefix);
    const { validMs: _valid, preferredMs: _preferred, stamp: _stamp, ...forever } = known;
    this.#set(forever);
  }

  /** A lifetime of so many seconds begins. */
  #begin(prefix: InetPrefix, seconds: number): Pick<IfAddress, 'validMs' | 'preferredMs' | 'stamp'> {
    const text = prefix.toString();
    const { clock, name } = this.host;
    const end =
      this.#lifetimes.get(text) ??
      clock.callout(`${name} lifetime of ${text}`, () => this.#expire(prefix), LAN);
    this.#lifetimes.set(text, end);
    end.reset(seconds * 1000 + EXPIRY_LATENESS_MS);
    return { validMs: seconds * 1000, preferredMs: seconds * 1000, stamp: clock.now() };
  }

  #expire(prefix: InetPrefix): void {
    if (this.#list.some((a) => a.prefix.equals(prefix))) this.remove(prefix);
  }

  #check({ address, length }: InetPrefix): void {
    const { name, mtu } = this.host;
    if (address.family === 6 && mtu < IPV6_MIN_MTU)
      throw new IfnetError('EINVAL', name, `has no IPv6 with an MTU of ${mtu}`);
    if (address.isMulticast || address.isUnspecified || address.isBroadcast || isLoopback6(address)) {
      const code = address.family === 6 ? 'EADDRNOTAVAIL' : 'EINVAL';
      throw new IfnetError(code, name, `${address} is no address that an interface of a LAN can have`);
    }
    const known = this.#list.find((a) => a.prefix.address.equals(address));
    if (known !== undefined && (address.family === 6 || known.prefix.length === length)) {
      throw new IfnetError('EEXIST', name, `${known.prefix} is there already`);
    }
  }

  remove(prefix: InetPrefix): void {
    const known = this.#list.find((a) => a.prefix.equals(prefix));
    if (known === undefined) throw new IfnetError('EADDRNOTAVAIL', this.host.name, `${prefix} is not there`);
    this.#unset(known);
    if (known.secondary) return;
    const heirs = this.#list.filter((a) => a.secondary && sameSubnet(a.prefix, prefix));
    if (this.host.sysctls.get(4, 'promote_secondaries') === 0) for (const heir of heirs) this.#unset(heir);
    else if (heirs[0] !== undefined) this.#set({ ...heirs[0], secondary: false });
  }

  /**
   * The interface went down: IPv4 addresses stay. IPv6 addresses go, unless keep_addr_on_down says otherwise: then those of the
   * link go, and those with a lifetime.
   */
  interfaceDown(): void {
    const keeps = this.host.sysctls.get(6, 'keep_addr_on_down') === 1;
    const isKept = (a: IfAddress): boolean =>
      keeps && a.validMs === undefined && !a.prefix.address.isLinkLocal;
    this.#unsetIpv6((address) => !isKept(address));
    for (const { prefix } of this.#list) this.#endDad(prefix.address);
  }

  /** The interface came up: duplicates of the addresses that were added before are looked for now. */
  interfaceUp(): void {
    for (const { prefix, tentative, dadFailed } of this.#list)
      if (tentative && dadFailed !== true) this.#detectDuplicate(prefix.address);
  }

  /** The MTU has changed: one that is too small for IPv6 takes its addresses away. */
  mtuChanged(): void {
    if (this.host.mtu < IPV6_MIN_MTU) this.#unsetIpv6(() => true);
  }

  #unsetIpv6(which: (address: IfAddress) => boolean): void {
    const gone = this.#list.filter((a) => a.prefix.address.family === 6 && which(a));
    for (const address of gone) this.#unset(address);
  }

  /** Another host claims the address. @returns whether that ended a duplicate address detection of ours */
  claimed(address: InetAddress): boolean {
    const callout = this.#dad.get(address.toString());
    const known = this.find(address);
    if (callout === undefined || known === undefined) return false;
    this.#endDad(address);
    this.#set({ ...known, dadFailed: true });
    return true;
  }

  #detectDuplicate(address: InetAddress): void {
    const callout = this.host.clock.callout(`${this.host.name} dad ${address}`, () => {
      this.#endDad(address);
      const known = this.find(address);
      if (known !== undefined) this.#set({ ...known, tentative: false });
    });
    this.#dad.set(address.toString(), callout);
    callout.reset(DAD_MS);
    this.host.probe(address);
  }

  #endDad(address: InetAddress): void {
    this.#dad.get(address.toString())?.stop();
    this.#dad.delete(address.toString());
  }

  #endLifetime(prefix: InetPrefix): void {
    const text = prefix.toString();
    this.#lifetimes.get(text)?.stop();
    this.#lifetimes.delete(text);
  }

  #set(address: IfAddress): void {
    const at = this.#list.findIndex((a) => a.prefix.equals(address.prefix));
    if (at < 0) this.#list.push(address);
    else this.#list[at] = address;
    this.host.addressSet(address);
  }

  #unset(address: IfAddress): void {
    this.#endDad(address.prefix.address);
    this.#endLifetime(address.prefix);
    this.#list = this.#list.filter((a) => a !== address);
    this.host.addressUnset(address);
  }

  [Symbol.dispose](): void {
    for (const callout of this.#dad.values()) callout.stop();
    this.#dad.clear();
    for (const callout of this.#lifetimes.values()) callout.stop();
    this.#lifetimes.clear();
  }
}

function isLoopback6({ family, isLoopback }: InetAddress): boolean {
  return family === 6 && isLoopback;
}

function sameSubnet(a: InetPrefix, b: InetPrefix): boolean {
  return a.length === b.length && a.contains(b.address);
}
