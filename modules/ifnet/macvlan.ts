/**
 * Which frames reach which macvlan of one parent, as in ip-link(8). Frames to a group that come in from the macvlan's own link-layer
 * address, because another host has it too, go to the macvlan alone with `private`, to the parent with `vepa`.
 */
export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru';

/** A macvlan to be made: another link-layer address on the cable of an interface, its parent. */
export interface MacvlanOptions {
  /** At most 15 bytes. */
  readonly name: string;
  /** Six bytes, no group address. */
  readonly lladdr: Uint8Array;
  /** Default `private`. */
  readonly mode?: MacvlanMode;
  /** Says what it is for, at most 255 bytes: `Ifnet.readAlias`. */
  readonly alias?: string;
}
