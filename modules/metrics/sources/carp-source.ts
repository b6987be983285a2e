import type { CarpDemotionStatus, CarpState, CarpStateChange, CarpVhid } from '../../carp/index.js';
import type { InetAddress, InetFamily } from '../../ifnet/index.js';
import { MetricHistogram, TIME_BUCKETS } from '../instruments.js';
import type { MetricSource } from '../registry.js';
import type { MetricFamily } from '../text/family.js';
import { labelText } from '../text/labels.js';

const STATES = (['INIT', 'BACKUP', 'MASTER'] satisfies CarpState[]).map(
  (state) => [state, labelText({ state })] as const,
);
/** Around one second, which is the usual interval. Seconds. */
const GAP_BUCKETS: readonly number[] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 1.1, 1.5, 2, 3, 5, 10, 30];

/** What was seen of one vhid. */
class Seen {
  /** By `from="…",to="…"`. */
  readonly transitions = new Map<string, number>();
  /** When a BACKUP last heard its master, by family, in ms of the clock. */
  readonly gapFrom = new Map<InetFamily, number>();
  /** Until when another MASTER counts as heard, in ms of the clock. */
  rivalUntil = Number.NEGATIVE_INFINITY;
  /** When an advertisement of another host last came, in ms since 1970. */
  peerAt: number | undefined;
  #name = '';
  #labels = '';

  /** `vhid="1@eth0"`. Kept: making it for each sample would be most of a scrape's cost. The name follows the interface's. */
  labelsOf({ name }: CarpVhid): string {
    if (name !== this.#name) {
      this.#name = name;
      this.#labels = labelText({ vhid: name });
    }
    return this.#labels;
  }
}

/** Gives the samples of one vhid, to whose label others may be added. */
type VhidSamples = (vhid: CarpVhid, seen: Seen, sample: (value: number, labels?: string) => void) => void;

/** What is needed of the kernel. */
export interface CarpSourceNeeds {
  readonly clock: { now(): number; wallTime(): number };
  /** The vhids; none while the module `carp` is not loaded. */
  readonly vhids: () => readonly CarpVhid[];
  /** What demotes them. */
  readonly demotions: () => readonly CarpDemotionStatus[];
}

/**
 * The metrics of CARP, made of its events. What was seen of a vhid goes with it, so that a label lives as long as its
 * vhid. Histograms are for the whole kernel: by vhid they would be thousands of series.
 */
export class CarpSource implements MetricSource {
  readonly prefix = 'carpet_carp_';
  readonly #needs: CarpSourceNeeds;
  readonly #seen = new WeakMap<CarpVhid, Seen>();
  readonly #late = new MetricHistogram(TIME_BUCKETS);
  readonly #gaps = new MetricHistogram(GAP_BUCKETS);

  constructor(needs: CarpSourceNeeds) {
    this.#needs = needs;
  }

  changed(vhid: CarpVhid, { from, to }: CarpStateChange): void {
    const seen = this.#of(vhid);
    const labels = labelText({ from, to });
    seen.transitions.set(labels, (seen.transitions.get(labels) ?? 0) + 1);
    seen.gapFrom.clear();
    seen.rivalUntil = Number.NEGATIVE_INFINITY;
  }

  heard(vhid: CarpVhid, { family }: InetAddress, interval: number): void {
    const { clock } = this.#needs;
    const now = clock.now();
    const seen = this.#of(vhid);
    seen.peerAt = clock.wallTime();
    if (vhid.state === 'MASTER') seen.rivalUntil = now + 2 * Math.max(interval, vhid.interval);
    if (vhid.state !== 'BACKUP') return;
    const before = seen.gapFrom.get(family);
    if (before !== undefined) this.#gaps.observe((now - before) / 1000);
    seen.gapFrom.set(family, now);
  }

  advertised(late: number): void {
    this.#late.observe(late / 1000);
  }

  families(): MetricFamily[] {
    const vhids = this.#needs.vhids();
    if (vhids.length === 0) return [];
    const now = this.#needs.clock.now();
    const family = (name: string, help: string, type: 'counter' | 'gauge', each: VhidSamples) =>
      this.#family(vhids, { name, help, type }, each);
    return [
      family(
        'carpet_carp_state',
        'the state of the vhid: 1 for the one it is in',
        'gauge',
        (vhid, _, sample) => {
          for (const [state, labels] of STATES) sample(vhid.state === state ? 1 : 0, labels);
        },
      ),
      family(
        'carpet_carp_transitions',
        'changes of state, since the metrics were loaded',
        'counter',
        (_, { transitions }, sample) => transitions.forEach(sample),
      ),
      family(
        'carpet_carp_other_master_heard',
        'whether this MASTER heard a fresh advertisement of another MASTER within two intervals',
        'gauge',
        (vhid, { rivalUntil }, sample) => sample(vhid.state === 'MASTER' && now < rivalUntil ? 1 : 0),
      ),
      family(
        'carpet_carp_peer_heard_timestamp_seconds',
        'when an advertisement of another host last came; a BACKUP sends none, so an old time is no sign of death',
        'gauge',
        (_, { peerAt }, sample) => peerAt !== undefined && sample(peerAt / 1000),
      ),
      demotions(this.#needs.demotions()),
      histogram('carpet_carp_advertisement_late_seconds', 'how late advertisements were sent', this.#late),
      histogram(
        'carpet_carp_master_gap_seconds',
        'between two advertisements that a BACKUP heard',
        this.#gaps,
      ),
    ];
  }

  #of(vhid: CarpVhid): Seen {
    let seen = this.#seen.get(vhid);
    if (seen === undefined) this.#seen.set(vhid, (seen = new Seen()));
    return seen;
  }

  #family(
    vhids: readonly CarpVhid[],
    head: Pick<MetricFamily, 'name' | 'help' | 'type'>,
    each: VhidSamples,
  ): MetricFamily {
    const suffix = head.type === 'counter' ? '_total' : '';
    return {
      ...head,
      write: (sink) => {
        for (const vhid of vhids) {
          const seen = this.#of(vhid);
          const own = seen.labelsOf(vhid);
          each(vhid, seen, (value, labels) =>
            sink.sample(suffix, labels === undefined ? own : `${own},${labels}`, value),
          );
        }
      },
    };
  }
}

function histogram(name: string, help: string, values: MetricHistogram): MetricFamily {
  return { name, help, type: 'histogram', write: (sink) => values.write(sink, '') };
}

/** Lines that differ in their time alone are one series. */
function demotions(lines: readonly CarpDemotionStatus[]): MetricFamily {
  const sums = new Map<string, number>();
  for (const { by, on, amount, reason } of lines) {
    const labels = labelText({ by, on, reason });
    sums.set(labels, (sums.get(labels) ?? 0) + amount);
  }
  return {
    name: 'carpet_carp_demotion',
    help: 'what demotes this host or some of its vhids, by whom and why: added to advskew',
    type: 'gauge',
    write: (sink) => sums.forEach((amount, labels) => sink.sample('', labels, amount)),
  };
}
