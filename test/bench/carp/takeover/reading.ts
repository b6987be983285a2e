/** What a capture says of one takeover. */
import { type Capture, type Frame, isGratuitous } from '../../../lab/support/index.js';

/** Milliseconds; takeover.ts says from what to what. */
export interface Takeover {
  readonly lateness: number;
  readonly garpLag: number;
  readonly garpLateness: number;
}

/** Both ends of the wire. */
export interface Ends {
  /** The address that the killed master advertised from. */
  readonly killed: string;
  readonly successor: string;
  /** The successor's link-layer address: the master's own gratuitous ARPs are in the capture as well. */
  readonly lladdr: string;
}

/** What was taken over. */
export interface Shared {
  readonly address: string;
  /** Whether a frame advertises it, whoever sent it. */
  readonly advert: (frame: Frame) => boolean;
  /** Milliseconds of silence after which it is to be taken over. */
  readonly dead: number;
}

export function readTakeover(
  capture: Capture,
  { killed, successor, lladdr }: Ends,
  { address, advert, dead }: Shared,
): Takeover {
  const adverts = capture.where(advert);
  const last = adverts.findLast(({ ip }) => ip?.source === killed);
  const first = adverts.find(({ ip }) => ip?.source === successor);
  const garp = capture.frames.find((frame) => isGratuitous(frame, address) && frame.source === lladdr);
  if (last === undefined || first === undefined || garp === undefined)
    throw new Error(`the takeover of ${address} is not in the capture`);
  const deadline = last.time + dead;
  const lateness = first.time - deadline;
  // Somebody who is early has not waited for the deadline: the master said good-bye, or was not heard while it lived.
  if (lateness < -1) throw new Error(`${address} was taken over ${-lateness} ms early`);
  return { lateness, garpLag: garp.time - first.time, garpLateness: garp.time - deadline };
}

/** Whether the capture has an advertisement from this source for each of these. */
export function allAdvertised(capture: Capture, source: string, shared: readonly Shared[]): boolean {
  const adverts = capture.where(({ ip }) => ip?.source === source);
  return shared.every(({ advert }) => adverts.some(advert));
}
