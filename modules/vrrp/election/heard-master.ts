import { InetAddress, type Prefetched } from '../../ifnet/index.js';
import type { VrrpMachineState } from '../handover/schema.js';
import { beats, type VrrpSide } from './contest.js';

/** An advertisement, as far as the election goes. */
export interface VrrpHeard {
  readonly priority: number;
  readonly source: InetAddress;
  /** Milliseconds. */
  readonly interval: number;
}

/** The master that was heard last, which may be worse than we are. */
export class HeardMaster implements Prefetched {
  #last: (VrrpHeard & { at: number }) | undefined;

  note(heard: VrrpHeard, now: number): void {
    const last = this.#last;
    // Nearly every advertisement says the same: an object kept for each would outlive the young generation.
    if (last !== undefined && says(last, heard)) last.at = now;
    else {
      // Field by field: of a spread the engine makes objects that it looks up anew at each access.
      const { priority, source, interval } = heard;
      this.#last = { source, priority, interval, at: now };
    }
  }

  prefetch(): number {
    return this.#last?.priority ?? 0;
  }

  /** It said that it stops, or we took its place. */
  forget(): void {
    this.#last = undefined;
  }

  get last(): (VrrpHeard & { readonly at: number }) | undefined {
    return this.#last;
  }

  capture(): VrrpMachineState['master'] {
    if (this.#last === undefined) return null;
    const { source, priority, interval, at: time } = this.#last;
    return { source: source.toString(), priority, interval, time };
  }

  /** For a new one only. */
  adopt(state: VrrpMachineState['master']): void {
    if (state === null) return;
    const { source, priority, interval, time: at } = state;
    this.#last = { source: InetAddress.parse(source), priority, interval, at };
  }

  /** Whether one that was heard within `deadTime` ms is better than we are. */
  isBetter(own: VrrpSide, now: number, deadTime: number): boolean {
    const last = this.#last;
    return last !== undefined && now - last.at < deadTime && beats(last, own);
  }
}

/** Whether the master that was heard before says the same again. */
function says(last: VrrpHeard, { priority, source, interval }: VrrpHeard): boolean {
  return last.priority === priority && last.interval === interval && last.source.equals(source);
}
