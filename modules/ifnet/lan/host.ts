import type { Clock } from '../../../core/time/index.js';
import type { InetAddress } from '../index.js';
import type { Addressing } from './addressing.js';
import type { FrameReader } from './frame-reader.js';
import type { NeighbourCache } from './neighbours.js';
import type { LanSysctls } from './sysctls.js';

/** What the protocols of a virtual host's kernel need of the interface they work on. */
export interface LanHost {
  readonly name: string;
  readonly clock: Clock;
  /** The interface's own link-layer address, as it is now. */
  readonly lladdr: Uint8Array;
  readonly mtu: number;
  /** Reads what arrives on its segment. */
  readonly reader: FrameReader;
  readonly addressing: Addressing;
  readonly neighbours: NeighbourCache;
  readonly sysctls: LanSysctls;
  /** Puts a frame on the wire, and nobody writes to it after that; loses it when there is no carrier. */
  output(frame: Uint8Array): void;
}

/** Wraps an IP packet for one neighbour and sends it, now or when the neighbour's link-layer address is known. */
export type SendToNeighbour = (packet: Uint8Array, neighbour: InetAddress) => void;
