/** What the scenarios share: hosts and cables, vhids, programs with files, and times taken from captures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import type { Frame, Laboratory, Namespace, Program } from '../../lab/support/index.js';
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

/** Two hosts with a cable between their interfaces of each name: on ethI they are 10.88.I.1 and 10.88.I.2. */
export function wire(lab: Laboratory, ifnames: readonly string[]): Namespace[] {
  const pair = ['a', 'b'].map((role) => lab.namespace(role));
  for (const ifname of ifnames) {
    lab.join(pair[0]!, ifname, pair[1]!, ifname);
    for (const [n, host] of pair.entries()) {
      host.sysctl(`net.ipv6.conf.${ifname}.disable_ipv6`, 1);
      host.ip('address', 'add', `10.88.${ifname.slice(3)}.${n + 1}/24`, 'dev', ifname);
      host.ip('link', 'set', ifname, 'up');
    }
  }
  return pair;
}

/** The link-layer address of a host's interface. */
export function lladdrOf(host: Namespace, ifname = 'eth0'): string {
  return /ether (\S+)/.exec(host.ip('link', 'show', ifname))![1]!;
}

/** Starts a program with files in a folder of its own, which goes when the program ends. */
export function withFolder(start: (folder: string) => Program): Program {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-bench-'));
  const program = start(folder);
  void program.exited.finally(() => rmSync(folder, { recursive: true, force: true })).catch(() => undefined);
  return program;
}

/** For a test of frames: CARP advertisements of one vhid. */
export function carpAdvert(number: number): (frame: Frame) => boolean {
  return (frame) => isAdvertisement(frame) && frame.advertisement?.vhid === number;
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
