import type { InetAddress } from '../../ifnet/index.js';
import type { VrrpSequenceState } from '../handover/schema.js';
import type { VrrpSequence } from '../wire/trailer.js';

/**
 * Senders that are remembered: of one that is forgotten, an old advertisement would count again. Only hosts that have the
 * key are, so they are few; keepalived remembers 4.
 */
const MAX_SENDERS = 64;

/** The last sequence of each sender: what is not greater was repeated. */
export class SequenceGuard {
  readonly #last = new Map<string, VrrpSequence>();

  /** Whether it is greater than all before it from there, and notes it then. */
  isFresh(source: InetAddress, sequence: VrrpSequence): boolean {
    const sender = source.toString();
    const last = this.#last.get(sender);
    if (last !== undefined && order(sequence, last) <= 0) return false;
    // The sender that was silent longest is the first in the map.
    this.#last.delete(sender);
    this.#last.set(sender, sequence);
    const [oldest] = this.#last.keys();
    if (this.#last.size > MAX_SENDERS && oldest !== undefined) this.#last.delete(oldest);
    return true;
  }

  capture(): VrrpSequenceState[] {
    return [...this.#last].map(([source, { seconds, fraction, counter }]) => ({
      source,
      seconds,
      fraction,
      counter,
    }));
  }

  adopt(state: readonly VrrpSequenceState[]): void {
    for (const { source, ...sequence } of state.slice(-MAX_SENDERS)) this.#last.set(source, sequence);
  }
}

function order(a: VrrpSequence, b: VrrpSequence): number {
  return a.seconds - b.seconds || a.fraction - b.fraction || a.counter - b.counter;
}
