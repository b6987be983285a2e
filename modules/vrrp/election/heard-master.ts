import type { InetAddress } from '../../ifnet/index.js';
import { beats, type VrrpSide } from './contest.js';

/** An advertisement, as far as the election goes. */
export interface VrrpHeard {
  readonly priority: number;
  readonly source: InetAddress;
  /** Milliseconds. */
  readonly interval: number;
}

/** The master that was heard last, which may be worse than we are. */
export class HeardMaster {
  #last: (VrrpHeard & { readonly at: number }) | undefined;

  note(heard: VrrpHeard, now: number): void {
    this.#last = { ...heard, at: now };
  }

  /** It said that it stops, or we took its place. */
  forget(): void {
    this.#last = undefined;
  }

  get last(): (VrrpHeard & { readonly at: number }) | undefined {
    return this.#last;
  }

  /** Whether one that was heard within `deadTime` ms is better than we are. */
  isBetter(own: VrrpSide, now: number, deadTime: number): boolean {
    const last = this.#last;
    return last !== undefined && now - last.at < deadTime && beats(last, own);
  }
}
