/** What an {@link AddressProvider} is asked for: plain values, which fit into JSON. */
export interface ProvidedRequest {
  /** `1@eth0`. */
  readonly name: string;
  /** `carp`. */
  readonly protocol: string;
  /** CARP's vhid, VRRP's VRID. */
  readonly vhid: number;
  readonly ifname: string;
  /** `10.0.0.100/24`; of some calls not all of the shared addresses. */
  readonly addresses: readonly string[];
}

/**
 * Puts shared addresses where their clients reach them, where that is not an interface of this host: the API of a cloud, a
 * router, a load balancer. Its calls for one virtual host come one after another.
 *
 * Each call may be repeated, and must end well where there is nothing left to do: after a failure, after a restart of the
 * host, and after an upgrade in the midst of a call. What it throws demotes the virtual host and is logged, and the call is
 * repeated.
 */
export interface AddressProvider {
  /** This host is MASTER: the addresses are to be here. */
  add(request: ProvidedRequest, signal: AbortSignal): void | Promise<void>;
  /** This host gives up the addresses. By then a peer may have them already, which must keep them. */
  remove(request: ProvidedRequest, signal: AbortSignal): void | Promise<void>;
  /** Whether the addresses of a MASTER are here still. If not they are added again. */
  check?: ((request: ProvidedRequest, signal: AbortSignal) => boolean | Promise<boolean>) | undefined;
  /** From one check to the next, in ms; default: 10 s. */
  readonly checkMs?: number | undefined;
  /** How long a call may take, in ms, until its signal aborts and it counts as failed; default: 30 s. */
  readonly limitMs?: number | undefined;
  /** Whether the addresses are announced on the vhid's interface too; default: false. */
  readonly announces?: boolean | undefined;
}

/** Providers that come with carpet: the interface itself or a virtual one of it, and an election without an address. */
export const BUILTIN_PROVIDERS = ['netlink', 'macvlan', 'none'] as const;

/** Whether the addresses are put on an interface of this host. */
export function isLocal(provider: string): boolean {
  return provider === 'netlink' || provider === 'macvlan';
}

/** Whether carpet itself puts the addresses on an interface of this host. */
export function putsInPlace(settings: {
  readonly manageAddresses: boolean;
  readonly provider: string;
}): boolean {
  return settings.manageAddresses && isLocal(settings.provider);
}
