import { secondsText } from './text.js';

/** A process that is later than this part of an interval has a share in what happened. */
const LATE_PART = 0.25;
/** A gap of so many intervals is a lost advertisement. */
const LOST_GAP = 1.5;

/** What is known of a master that was not heard for a dead time. */
export interface Silence {
  /** The host that was heard last; undefined: none. */
  readonly peer:
    | {
        readonly address: string;
        readonly heardAgo: number;
        readonly bowedOut: boolean;
        readonly gaps: readonly number[];
      }
    | undefined;
  /** How often it advertised, in ms. */
  readonly peerInterval: number;
  /** Milliseconds between advertisements of this host. */
  readonly interval: number;
  /** By how many ms the timer that noticed was late. */
  readonly timerLate: number;
  /** What a peer that bowed out had done: `bowed out`. */
  readonly leaving: string;
}

/** Whether a silence was the network's doing or this process's, in words. */
export function silenceText({ peer, peerInterval, interval, timerLate, leaving }: Silence): string {
  const late = timerLate > interval * LATE_PART;
  const own = late
    ? `this process was ${timerLate.toFixed(0)} ms late itself: it is short of CPU`
    : `this process was on time (${timerLate.toFixed(1)} ms late)`;
  if (peer === undefined) return `no master was heard since the start; ${own}`;
  const { address, heardAgo, bowedOut, gaps } = peer;
  if (bowedOut) return `${address} had ${leaving} ${secondsText(heardAgo)} before; ${own}`;
  const blame = blameText(gaps, Math.max(1, peerInterval), late);
  return `nothing was heard of ${address} for ${secondsText(heardAgo)}${regularity(gaps)}; ${own}, so ${blame}`;
}

/** What a MASTER that stood still for too long was about. */
export const PAUSED =
  'this process or the machine stood still for longer than its peers wait: give it more CPU, or the VM less contention';

function regularity(gaps: readonly number[]): string {
  if (gaps.length === 0) return '';
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  return `, after gaps of ${secondsText(least)} to ${secondsText(most)}`;
}

function blameText(gaps: readonly number[], usual: number, late: boolean): string {
  if (gaps.some((gap) => gap > LOST_GAP * usual)) return 'the network had lost advertisements before';
  return late ? 'both may have a share in it' : 'that host or the network fell silent at once';
}
