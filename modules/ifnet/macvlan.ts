/** What a macvlan is made of: another link-layer address on the cable of an interface, its parent. */

/**
 * Who hears whom on one parent, as in ip-link(8). Frames to a group that come in from the macvlan's own link-layer
 * address, because another host has it too, go to the macvlan alone with `private`, to the parent with `vepa`.
 */
export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru';

export interface MacvlanOptions {
  /** At most 15 bytes. */
  readonly name: string;
  /** Six bytes, no group address. */
  readonly lladdr: Uint8Array;
  /** Default `private`. */
  readonly mode?: MacvlanMode;
  /** A note for whoever finds it, at most 255 bytes: `Ifnet.readAlias`. */
  readonly alias?: string;
}
