import { putsInPlace } from '../provider/provider.js';

/** The settings that it depends on. */
export interface LeaseSettings {
  /** Seconds; `auto`: as long as is safe; `off`: for ever. */
  readonly lifetime: number | 'auto' | 'off';
  /** Whether the addresses are put in place at all. */
  readonly manageAddresses: boolean;
  /** What puts them in place. */
  readonly provider: string;
}

/** How long the addresses of a MASTER outlive its last renewal, and when they are renewed. */
export interface Lifetime {
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
 * advertisement. Where that leaves less than two seconds there is none, and none where many virtual hosts would renew: that
 * costs a seventh of all else that they do.
 *
 * @param patience how long every peer waits at least, in ms
 * @param crowded there are many virtual hosts
 */
export function lifetimeOf(
  settings: LeaseSettings,
  patience: number,
  crowded: boolean,
): Lifetime | undefined {
  const { lifetime } = settings;
  if (lifetime === 'off' || !putsInPlace(settings)) return undefined;
  const longest = patience - KERNEL_LATENESS_MS;
  const seconds = lifetime === 'auto' ? Math.floor(longest / 1000) : lifetime;
  if (lifetime === 'auto' && (crowded || seconds < MIN_AUTO_S)) return undefined;
  return { seconds, spare: longest - seconds * 1000 };
}
