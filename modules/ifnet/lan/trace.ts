import { formatLladdr, summarizeFrame } from '../index.js';
import type { LanPort } from './port.js';

/** What became of a frame at one receiver; anything else is the station's own reason for dropping it. */
export type Fate = 'delivered' | 'lost' | 'cut off' | `dropped (${string})`;

/** A frame under way whose fates are being written down. */
export interface TracedFrame {
  /** Has to be told once for each receiver that {@link LanTrace.sent} was given. */
  settle(to: LanPort, fate: Fate): void;
}

/**
 * Writes one line for each frame, as soon as it is known what became of it everywhere: seconds on the segment's clock
 * when it was sent, the port it came in by, its link-layer destination, what is in it, its fate at each receiver.
 */
export class LanTrace {
  constructor(private readonly write: (line: string) => void) {}

  /** A frame that enters the segment, on its way to `receivers`. */
  sent(time: number, from: LanPort, frame: Uint8Array, receivers: readonly LanPort[]): TracedFrame {
    const head = describeSending(time, from, frame);
    const fates = new Map<Fate, string[]>();
    let pending = receivers.length;
    if (pending === 0) this.write(`${head}: no receiver`);
    return {
      settle: (to, fate) => {
        fates.set(fate, [...(fates.get(fate) ?? []), to.name]);
        if (--pending === 0) this.write(`${head}: ${describeFates(fates)}`);
      },
    };
  }

  /** A frame that never entered the segment. */
  refused(time: number, from: LanPort, frame: Uint8Array, reason: string): void {
    this.write(`${describeSending(time, from, frame)}: not sent, ${reason}`);
  }
}

function describeSending(time: number, from: LanPort, frame: Uint8Array): string {
  const to = formatLladdr(frame.subarray(0, 6));
  const destination = to === 'ff:ff:ff:ff:ff:ff' ? 'broadcast' : to;
  return `${(time / 1000).toFixed(6)} ${from.name} > ${destination} ${summarizeFrame(frame)}`;
}

function describeFates(fates: ReadonlyMap<Fate, readonly string[]>): string {
  return [...fates]
    .map(([fate, ports]) => `${fate}${fate === 'delivered' ? ' to' : ':'} ${ports.join(', ')}`)
    .join('; ');
}
