/**
 * @module
 * Link sockets: the frames of one EtherType that an interface receives. As with IP sockets the filter is a plain
 * description, which the Linux driver compiles to classic BPF and the virtual LAN interprets.
 */
import { sameBytes } from './address.js';
import type { IfnetError } from './errors.js';

/** What a link socket receives. */
export interface LinkSocketOptions {
  /** Of Ethernet II, above 0x05ff. */
  readonly etherType: number;
  /** Absent: every frame of the type. */
  readonly filter?: FrameFilter;
  /** Called for each frame let through, from its Ethernet header on. The frame is valid only during the call. */
  readonly input: (frame: Uint8Array) => void;
  /** A frame was lost, or the socket cannot receive; an interface gone down is not an error. */
  readonly error?: (error: IfnetError) => void;
}

/** The frames that the kernel lets through: those for which every field of at least one clause holds. */
export type FrameFilter = readonly FrameClause[];

/** Fields that must all hold. */
export type FrameClause = readonly FrameField[];

/** The bytes at `offset` of the frame, counted from the Ethernet header, are those of one of `values`. */
export interface FrameField {
  readonly offset: number;
  /** All of one length: 1, 2, or a multiple of 4. Without any the field never holds. */
  readonly values: readonly Uint8Array[];
}

/**
 * Receives the frames of one EtherType that come in by one interface, for this host: to its link-layer address, to
 * groups and to all. What the host sends itself is not among them. Slow on purpose: frames are read in small batches some
 * milliseconds apart, and what a flood brings beyond that is lost in the kernel.
 */
export interface LinkSocket extends Disposable {
  /** Replaces the filter at once; undefined lets every frame of the type through. A no-op once closed. @throws IfnetError */
  setFilter(filter: FrameFilter | undefined): void;
}

/** The filter's meaning, for drivers without a kernel of their own and for tests of those that have one. */
export function passesFrame(filter: FrameFilter | undefined, frame: Uint8Array): boolean {
  if (filter === undefined) return true;
  return filter.some((clause) =>
    clause.every(({ offset, values }) =>
      values.some((value) => sameBytes(frame.subarray(offset, offset + value.length), value)),
    ),
  );
}
