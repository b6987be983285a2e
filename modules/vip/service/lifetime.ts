import { deadTime } from '../../carp/election/interval.js';

/** The settings that it depends on. */
export interface CarpLifetimeSettings {
  /** Seconds; `auto`: as long as is safe; `off`: for ever. */
  readonly lifetime: number | 'auto' | 'off';
  /** Seconds. */
  readonly advbase: number;
  readonly deadRatio: number;
  readonly manageAddresses: boolean;
}

/** How long the addresses of a MASTER outlive its last renewal, and when they are renewed. */
export interface CarpLifetime {
  /** Seconds, whole, as the kernel counts them. */
  readonly seconds: number;
  /** How long after an advertisement a renewal does not outlast the patience of the peers, in ms; below 0: never. */
  readonly spare: number;
}

/** Linux removes an address so much after the end of its lifetime (check_lifetime in net/ipv4/devinet.c). */
const KERNEL_LATENESS_MS = 300;
/** With one second, a process that is held up for less than that would lose its addresses. */
const MIN_AUTO_S = 2;

/**
 * The lifetime of the addresses. `auto` is the longest that ends before any peer takes over, counted from the last
 * advertisement: peers wait at least `deadRatio × advbase` seconds, longer with an advskew. Where that leaves less than two
 * seconds there is none, and none where many vhids would renew: that costs half as much again as all else that they do.
 */
export function lifetimeOf(settings: CarpLifetimeSettings, crowded: boolean): CarpLifetime | undefined {
  const { lifetime, advbase, deadRatio, manageAddresses } = settings;
  if (lifetime === 'off' || !manageAddresses) return undefined;
  const patience = deadTime(advbase, 0, deadRatio) - KERNEL_LATENESS_MS;
  const seconds = lifetime === 'auto' ? Math.floor(patience / 1000) : lifetime;
  if (lifetime === 'auto' && (crowded || seconds < MIN_AUTO_S)) return undefined;
  return { seconds, spare: patience - seconds * 1000 };
}
