import type { InetAddress } from '../../ifnet/index.js';
import type { Finding } from '../finding.js';
import { nameOf, type SubjectVhid } from '../subject.js';

/** Of the dead time, what must lie between it and an interval: for clocks that run at different rates, and a late packet. */
const MARGIN = 0.1;

/** A host that was heard. */
interface Heard {
  readonly source: InetAddress;
  readonly own: boolean;
  /** What is wrong with it. */
  readonly fault: string | undefined;
  /** Milliseconds between its advertisements. */
  readonly interval: number;
}

/**
 * MASTERs that advertise hardly more often than the vhid waits. One that advertises less often than that is not meant: the vhid
 * takes over from it at once, by the rules.
 */
export function* deadTimeFindings(vhid: SubjectVhid, senders: readonly Heard[]): Generator<Finding> {
  const { deadTime } = vhid;
  if (deadTime === undefined) return;
  for (const { source, own, fault, interval } of senders) {
    if (own || fault !== undefined || interval > deadTime || interval <= deadTime * (1 - MARGIN)) continue;
    yield {
      code: 'dead-time',
      severity: 'warning',
      on: nameOf(vhid),
      text: `${source} advertises every ${Math.round(interval)} ms, demotion included, and this host takes over after ${Math.round(deadTime)} ms of silence: one late packet is enough`,
      remedy: 'give both hosts the same advbase, or this one a higher deadRatio',
    };
  }
}
