import type { IpPacket } from '../../ifnet/index.js';
import type { CarpMasterStatus } from '../status.js';
import { CARP_BOW_OUT } from '../wire/header.js';
import type { CarpReception } from './receiver.js';

/** The last advertisement of another host, kept for the status alone: elections do not ask it. */
export class HeardMaster {
  #last: { packet: Pick<IpPacket, 'source' | 'family'>; reception: CarpReception; time: number } | undefined;

  /**
   * An authentic advertisement. Of a dual-stack MASTER the IPv4 address counts, as long as it is heard.
   *
   * @param deadTime in ms
   */
  note({ source, family }: IpPacket, reception: CarpReception, time: number, deadTime: number): void {
    const { advbase, advskew, aliveOnly } = reception;
    if (aliveOnly) return;
    const leaves = advbase === CARP_BOW_OUT && advskew === CARP_BOW_OUT;
    const last = this.#last;
    if (leaves) this.#last = undefined;
    else if (last === undefined || family === 4 || last.packet.family === 6 || time - last.time > deadTime)
      this.#last = { packet: { source, family }, reception, time };
  }

  /** @param now on the clock of `note` */
  status(now: number): CarpMasterStatus | undefined {
    if (this.#last === undefined) return undefined;
    const { packet, reception, time } = this.#last;
    const { advbase, advskew } = reception;
    return { address: packet.source.toString(), advbase, advskew, heardAgo: Math.round(now - time) };
  }
}
