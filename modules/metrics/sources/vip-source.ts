import type { InetAddress, InetFamily } from '../../ifnet/index.js';
import type { DemotionStatus, Vip, VipState, VipStateChange } from '../../vip/index.js';
import { MetricHistogram, TIME_BUCKETS } from '../instruments.js';
import type { MetricSource } from '../registry.js';
import type { MetricFamily } from '../text/family.js';
import { labelText } from '../text/labels.js';

const STATES = (['INIT', 'BACKUP', 'MASTER'] satisfies VipState[]).map(
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

  constructor(private readonly label: string) {}

  /** `vhid="1@eth0"`. Kept: making it for each sample would be most of a scrape's cost. The name follows the interface's. */
  labelsOf({ name }: Vip): string {
    if (name !== this.#name) {
      this.#name = name;
      this.#labels = labelText({ [this.label]: name });
    }
    return this.#labels;
  }
}

/** Gives the samples of one vhid, to whose label others may be added. */
type VipSamples = (vhid: Vip, seen: Seen, sample: (value: number, labels?: string) => void) => void;

/** What is needed of the kernel. */
export interface VipSourceNeeds {
  /** `carp`: the names begin with `carpet_carp_`. */
  readonly protocol: string;
  /** What its virtual hosts are called, `vhid`: the label. */
  readonly label: string;
  readonly clock: { now(): number; wallTime(): number };
  /** Its virtual hosts; none while its module is not loaded. */
  readonly vips: () => readonly Vip[];
  /** What demotes them; undefined: that is shown elsewhere. */
  readonly demotions?: () => readonly DemotionStatus[];
  /** Whether their priorities say something: CARP's are its settings. */
  readonly priorities?: boolean;
}

/**
 * The metrics of CARP or VRRP, made of its events. What was seen of a vhid goes with it, so that a label lives as long as
 * its vhid. Histograms are for the whole kernel: by vhid they would be thousands of series.
 */
export class VipSource implements MetricSource {
  readonly prefix: string;
  readonly #needs: VipSourceNeeds;
  readonly #seen = new WeakMap<Vip, Seen>();
  readonly #late = new MetricHistogram(TIME_BUCKETS);
  readonly #gaps = new MetricHistogram(GAP_BUCKETS);

  constructor(needs: VipSourceNeeds) {
    this.#needs = needs;
    this.prefix = `carpet_${needs.protocol}_`;
  }

  changed(vhid: Vip, { from, to }: VipStateChange): void {
    const seen = this.#of(vhid);
    const labels = labelText({ from, to });
    seen.transitions.set(labels, (seen.transitions.get(labels) ?? 0) + 1);
    seen.gapFrom.clear();
    seen.rivalUntil = Number.NEGATIVE_INFINITY;
  }

  heard(vhid: Vip, { family }: InetAddress, interval: number): void {
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
    const vips = this.#needs.vips();
    if (vips.length === 0) return [];
    const { clock, label, demotions, priorities } = this.#needs;
    const now = clock.now();
    const family = (name: string, help: string, type: 'counter' | 'gauge', each: VipSamples) =>
      this.#family(vips, { name: this.prefix + name, help, type }, each);
    return [
      family('state', `the state of the ${label}: 1 for the one it is in`, 'gauge', (vip, _, sample) => {
        for (const [state, labels] of STATES) sample(vip.state === state ? 1 : 0, labels);
      }),
      ...(priorities === true
        ? [
            family('priority', 'as it is sent, with demotion: 1 to 255', 'gauge', ({ priority }, _, sample) =>
              sample(priority),
            ),
          ]
        : []),
      family(
        'transitions',
        'changes of state, since the metrics were loaded',
        'counter',
        (_, { transitions }, sample) => transitions.forEach(sample),
      ),
      family(
        'other_master_heard',
        'whether this MASTER heard a fresh advertisement of another MASTER within two intervals',
        'gauge',
        (vip, { rivalUntil }, sample) => sample(vip.state === 'MASTER' && now < rivalUntil ? 1 : 0),
      ),
      family(
        'peer_heard_timestamp_seconds',
        'when an advertisement of another host last came; a BACKUP sends none, so an old time is no sign of death',
        'gauge',
        (_, { peerAt }, sample) => peerAt !== undefined && sample(peerAt / 1000),
      ),
      family(
        'successor_known',
        'whether a MASTER knows of a host that would take over: 0 if none was heard since the start, or if all have said that they stop; a BACKUP is silent, so 1 is no promise',
        'gauge',
        ({ state, successor }, _, sample) => state === 'MASTER' && sample(successor === 'heard' ? 1 : 0),
      ),
      ...(demotions === undefined ? [] : [demotionFamily(`${this.prefix}demotion`, demotions())]),
      histogram(`${this.prefix}advertisement_late_seconds`, 'how late advertisements were sent', this.#late),
      histogram(
        `${this.prefix}master_gap_seconds`,
        'between two advertisements that a BACKUP heard',
        this.#gaps,
      ),
    ];
  }

  #of(vhid: Vip): Seen {
    let seen = this.#seen.get(vhid);
    if (seen === undefined) this.#seen.set(vhid, (seen = new Seen(this.#needs.label)));
    return seen;
  }

  #family(
    vhids: readonly Vip[],
    head: Pick<MetricFamily, 'name' | 'help' | 'type'>,
    each: VipSamples,
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
function demotionFamily(name: string, lines: readonly DemotionStatus[]): MetricFamily {
  const sums = new Map<string, number>();
  for (const { by, on, amount, reason } of lines) {
    const labels = labelText({ by, on, reason });
    sums.set(labels, (sums.get(labels) ?? 0) + amount);
  }
  return {
    name,
    help: 'what demotes this host or some of its vhids, by whom and why: added to advskew',
    type: 'gauge',
    write: (sink) => sums.forEach((amount, labels) => sink.sample('', labels, amount)),
  };
}
