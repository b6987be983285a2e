import { type FrameFilter, type LinkSocket, type LinkSocketOptions, passesFrame } from '../index.js';
import type { LanNic } from './nic.js';
import type { LanFrameSocket } from './stack.js';

/** A link socket on the virtual LAN. */
export class LanLinkSocket implements LinkSocket, LanFrameSocket {
  #filter: FrameFilter | undefined;

  constructor(
    private readonly nic: LanNic,
    private readonly options: LinkSocketOptions,
  ) {
    this.#filter = options.filter;
    nic.stack.links.add(this);
  }

  input(frame: Uint8Array, type: number): boolean {
    if (type !== this.options.etherType || !passesFrame(this.#filter, frame)) return false;
    this.options.input(frame);
    return true;
  }

  setFilter(filter: FrameFilter | undefined): void {
    this.#filter = filter;
  }

  [Symbol.dispose](): void {
    this.nic.stack.links.delete(this);
  }
}
