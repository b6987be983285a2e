/** What the scenarios share: vhids, and times taken from captures. */
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import type { Capture, Frame, Laboratory, Namespace } from '../../lab/support/index.js';
import { isAdvertisement } from '../../lab/support/index.js';

export const PASSWORD = 'benchmark';

/** A vhid with an address of its own: 10.99.I.V on interface number I. */
export function vhid(number: number, more: Partial<CarpVhidOptions> = {}, ifname = 'eth0'): CarpVhidOptions {
  const net = Number(ifname.slice(3));
  return { ifname, vhid: number, password: PASSWORD, addresses: [`10.99.${net}.${number}/32`], ...more };
}

/** Hosts 10.88.0.1, 10.88.0.2 … on the laboratory's bridge. */
export function hosts(lab: Laboratory, n: number): Namespace[] {
  return Array.from({ length: n }, (_, i) =>
    lab.host(`h${i + 1}`, { addresses: [`10.88.0.${i + 1}/16`], ipv6: false }),
  );
}

/** A source's advertisements of one vhid, oldest first. */
export function advertsOf(capture: Capture, source: string, number: number): Frame[] {
  return capture.where((frame) => isAdvertisement(frame, source) && frame.advertisement?.vhid === number);
}

/** How late the latest of these times is, in ms, against a schedule of `interval` that the most punctual ones set. */
export function worstLateness(times: readonly number[], interval: number): number {
  if (times.length < 2) return Number.NaN;
  const start = times[0]!;
  const offsets = times.map((time) => time - start - Math.round((time - start) / interval) * interval);
  return Math.max(...offsets) - Math.min(...offsets);
}

/** The value below which `share` of them are. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
