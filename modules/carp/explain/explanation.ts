import type { SeenOnLink } from '../../vip/index.js';

/** A packet of IP protocol 112, as somebody saw it on the network. */
export interface SeenPacket extends SeenOnLink {
  /** A part of a larger packet. */
  readonly fragment: boolean;
  /** Which interface it was seen at: equal texts are the same. */
  readonly passed: string;
  /** The source of its frame. */
  readonly lladdr?: Uint8Array | undefined;
  /** It came in though its source is an address of this host. */
  readonly returned?: boolean | undefined;
}

/** Whether something holds: `unchecked` where that cannot be said. */
export type Check = 'valid' | 'invalid' | 'unchecked';

/**
 * What is wrong with a packet, or remarkable:
 *
 * - `truncated`, `fragment`, `malformed`: it cannot be read as an advertisement;
 * - `vrrp`: an advertisement of VRRP; `vrrp clash`: with the number of a vhid;
 * - `wrong checksum`, `wrong ttl`: receivers refuse it for that;
 * - `wrong password`, `other addresses`, `wrong prefix`, `other vhid`, `wrong digest`: why its digest does not fit what
 *   was given; the last if neither password nor addresses can be blamed for certain;
 * - `altered`, `replayed`, `looped`: it is not as it was sent, or came again.
 */
export type FaultKind =
  | 'truncated'
  | 'fragment'
  | 'malformed'
  | 'vrrp'
  | 'vrrp clash'
  | 'wrong checksum'
  | 'wrong ttl'
  | 'wrong password'
  | 'other addresses'
  | 'wrong prefix'
  | 'other vhid'
  | 'wrong digest'
  | 'altered'
  | 'replayed'
  | 'looped';

/** A {@link FaultKind} in the operator's words. */
export interface Fault {
  readonly kind: FaultKind;
  /** The cause and, where there is one, the remedy; no capital, no full stop. */
  readonly text: string;
}

/** The fields of an advertisement, in the units of the header. */
export interface SeenWords {
  readonly vhid: number;
  /** Seconds. */
  readonly advbase: number;
  /** 1/256 s. */
  readonly advskew: number;
  /** OpenBSD's demotion. */
  readonly demote: number;
  readonly counter: bigint;
}

/** What a packet of protocol 112 is, and whether receivers would take it. */
export interface Explanation {
  /** Undefined for what is no CARP advertisement; of VRRP `id` has the number of its router. */
  readonly words: SeenWords | undefined;
  /** The vhid, or the number of a VRRP router. */
  readonly id: number | undefined;
  readonly checksum: Check;
  readonly digest: Check;
  /** Whether its seal, if it claims to have one, fits the password. */
  readonly seal: Check;
  /** The worst first; none if receivers take it. */
  readonly faults: readonly Fault[];
  /** What is worth knowing about one that is taken: a bow-out, a seal. */
  readonly notes: readonly string[];
}

/** The explanation in one line: `valid`, `unchecked`, or the faults, each as `kind: text`. */
export function verdictText({ faults, digest, notes }: Explanation): string {
  if (faults.length > 0) return faults.map(({ kind, text }) => `${kind}: ${text}`).join('; ');
  const [verdict, ...rest] = [digest, ...notes];
  return rest.length === 0 ? verdict : `${verdict}: ${rest.join('; ')}`;
}
