/**
 * One log line per cause and interval for what strangers can provoke. As Log.limited, but the text is made only when
 * it is printed: under a flood a refusal costs a look-up and a comparison.
 */
import type { Log } from '../../core/log/index.js';
import type { Clock } from '../../core/time/index.js';
import type { CarpTunables } from './tunables.js';

/** Milliseconds between two lines of one cause, by net.inet.carp.log. */
const INTERVALS = [Number.POSITIVE_INFINITY, 60_000, 1000];

export class CarpRefusalLog {
  readonly #causes = new Map<string, { since: number; held: number }>();

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
    private readonly tunables: CarpTunables,
  ) {}

  /** `cause`: a fixed text with at most a vhid's name in it, so that strangers cannot invent causes. */
  warn(cause: string, text: () => string): void {
    const interval = INTERVALS[this.tunables.log.value]!;
    if (interval === Number.POSITIVE_INFINITY) return;
    const now = this.clock.now();
    const known = this.#causes.get(cause);
    if (known !== undefined && now - known.since < interval) {
      known.held++;
      return;
    }
    const more = known === undefined || known.held === 0 ? '' : ` (and ${known.held} more like it)`;
    this.#causes.set(cause, { since: now, held: 0 });
    this.log.warning(text() + more);
  }
}
