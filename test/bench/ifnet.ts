/**
 * Interfaces on Linux: how soon a change in the kernel reaches a handler, how many reports are dealt with in a second,
 * how long 2,000 interfaces take to read; `ip` of iproute2 beside it, where it does the same. Needs root.
 *
 * Latency is taken from just before another process makes its request, which includes the kernel's own work on it.
 * The rate is taken from a queue that was filled while nobody read; so it is what one core can do, not what came.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kernel } from '../../core/index.js';
import { IfnetModule } from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { Laboratory, type Namespace, waitFor } from '../lab/support/index.js';
import type { Bench, Measurement } from './bench.js';
import { realTime } from './ifnet/real-time.js';

const BUFFER = 512 * 2 ** 20;
const MONITOR_PORTION = 2000;
const script = (name: string): string => fileURLToPath(new URL(`ifnet/${name}.js`, import.meta.url));

export const rounds = 5;

export const bench: Bench = async ({ quick, log }) => {
  await using lab = Laboratory.open();
  const folder = mkdtempSync(join(tmpdir(), 'carpet-bench-'));
  try {
    log('ifnet: latency');
    const latencies = await measureLatency(host(lab), quick ? 200 : 2000);
    log('ifnet: rate');
    const rates = await measureRates(host(lab), folder, quick ? 2000 : 20_000);
    log('ifnet: dump');
    const dumps = await measureDump(host(lab), folder);
    log('ifnet: idle');
    const idle = await measureIdle(host(lab), quick ? 3000 : 30_000);
    return [...latencies, ...rates, ...dumps, ...idle];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** A namespace with a veth pair, without addresses of its own. */
function host(lab: Laboratory): Namespace {
  const namespace = lab.namespace('bench');
  lab.join(namespace, 'eth0', namespace, 'eth1');
  for (const ifname of ['eth0', 'eth1']) namespace.ip('link', 'set', ifname, 'addrgenmode', 'none', 'up');
  return namespace;
}

async function measureLatency(namespace: Namespace, count: number): Promise<Measurement[]> {
  await using kernel = new Kernel();
  await kernel.load(LinuxDriver, { netns: namespace.name });
  const seen = new Map<string, number>();
  kernel.eventhandler.register(
    'ifaddr_event',
    (_ifp, { prefix }) => void seen.set(prefix.toString(), realTime()),
  );
  const monitor = namespace.spawn(['ip', '-ts', '-o', 'monitor', 'address']);
  const index = kernel.get(IfnetModule).byName('eth0')!.index;
  const changer = namespace.node(script('changer'), [String(index), String(count), '2']);
  await changer.exited;
  await waitFor('the last event', 5000, () => seen.size === count);
  const changes = changer.matching(/^10\./).map(({ text }) => text.split(' ') as [string, string]);
  const ours = changes.map(([prefix, time]) => seen.get(prefix)! - Number(time));
  await waitFor('the last line of ip monitor', 5000, () => monitor.lines.length >= count);
  await monitor.end('SIGTERM');
  const stamps = new Map(monitor.lines.map(({ text }) => stampOf(text)));
  const theirs = changes.map(([prefix, time]) => (stamps.get(prefix) ?? Number.NaN) - Number(time));
  return [...percentiles('ifnet.latency', ours), ...percentiles('ifnet.latency.ip_monitor', theirs)];
}

/** `[2026-11-20T12:00:00.123456] 2: eth0    inet 10.1.0.0/32 …`, in local time. */
function stampOf(line: string): [string, number] {
  const [, second, micros] = /^\[([^.\]]+)\.(\d+)\]/.exec(line) ?? [];
  const [, prefix] = /inet6? (\S+)/.exec(line) ?? [];
  const full = prefix?.includes('/') ? prefix : `${prefix}/32`;
  return [full, new Date(second ?? '').getTime() + Number(micros) / 1000];
}

function percentiles(id: string, values: readonly number[]): Measurement[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return [
    { id: `${id}.p50_ms`, value: at(0.5), unit: 'ms' },
    { id: `${id}.p99_ms`, value: at(0.99), unit: 'ms' },
  ];
}

async function measureRates(namespace: Namespace, folder: string, count: number): Promise<Measurement[]> {
  const addresses = Array.from(
    { length: count / 2 },
    (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`,
  );
  const addressChanges = [
    ...addresses.map((a) => `addr add ${a} dev eth0`),
    ...addresses.map((a) => `addr del ${a} dev eth0`),
  ];
  const links = Array.from({ length: count / 4 }, (_, i) => `link set eth0 mtu ${1000 + (i % 400)}`);
  const ours = await rateOf(namespace, folder, addressChanges, 'ifaddr_event');
  const ourLinks = await rateOf(namespace, folder, links, 'ifnet_mtu_event');
  const theirs = await monitorRate(namespace, folder, addressChanges);
  return [
    { id: 'ifnet.events_per_s', value: ours, unit: '1/s' },
    { id: 'ifnet.link_events_per_s', value: ourLinks, unit: '1/s' },
    { id: 'ifnet.events_per_s.ip_monitor', value: theirs, unit: '1/s' },
  ];
}

/** Blocks the event loop while the queue fills, then takes the time until the last report has been handled. */
async function rateOf(
  namespace: Namespace,
  folder: string,
  changes: readonly string[],
  event: 'ifaddr_event' | 'ifnet_mtu_event',
): Promise<number> {
  await using kernel = new Kernel();
  await kernel.load(LinuxDriver, { netns: namespace.name, receiveBuffer: BUFFER });
  let handled = 0;
  let last = 0;
  kernel.eventhandler.register(event, () => {
    handled++;
    last = performance.now();
  });
  batch(namespace, folder, changes);
  const started = performance.now();
  await waitFor('the last event', 30_000, () => handled === changes.length);
  if (kernel.sysctl.get('net.link.linux.overruns')?.value !== 0)
    throw new Error('the receive buffer overran');
  return (handled / (last - started)) * 1000;
}

/**
 * The same for `ip monitor`, which is stopped while the queue fills; in portions, because its receive buffer cannot be
 * made larger than net.core.rmem_max.
 */
async function monitorRate(
  namespace: Namespace,
  folder: string,
  changes: readonly string[],
): Promise<number> {
  const monitor = namespace.spawn(['ip', '-rcvbuf', String(BUFFER), '-o', 'monitor', 'address']);
  await waitFor('ip monitor to listen', 5000, () => namespace.exec('ss', '-f', 'netlink').includes('rtnl'));
  let took = 0;
  for (let done = 0; done < changes.length; done += MONITOR_PORTION) {
    const portion = changes.slice(done, done + MONITOR_PORTION);
    process.kill(monitor.pid, 'SIGSTOP');
    batch(namespace, folder, portion);
    const started = performance.now();
    process.kill(monitor.pid, 'SIGCONT');
    await waitFor('the last line', 30_000, () => monitor.lines.length >= done + portion.length);
    took += performance.now() - started;
  }
  await monitor.end('SIGTERM');
  return (changes.length / took) * 1000;
}

function batch(namespace: Namespace, folder: string, commands: readonly string[]): void {
  const file = join(folder, 'batch');
  writeFileSync(file, `${commands.join('\n')}\n`);
  const { status, stderr } = spawnSync('ip', ['-n', namespace.name, '-batch', file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

async function measureDump(namespace: Namespace, folder: string): Promise<Measurement[]> {
  batch(
    namespace,
    folder,
    Array.from({ length: 2000 }, (_, i) => `link add d${i} group 7 type ifb`),
  );
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 5; round++) {
    let started = performance.now();
    const kernel = new Kernel();
    await kernel.load(LinuxDriver, { netns: namespace.name });
    ours.push(performance.now() - started);
    if (kernel.get(IfnetModule).list().length < 2000) throw new Error('interfaces are missing');
    await kernel.shutdown();
    started = performance.now();
    namespace.ip('-j', 'addr');
    theirs.push(performance.now() - started);
  }
  namespace.ip('link', 'del', 'group', '7');
  return [
    { id: 'ifnet.dump2000_ms', value: ours.toSorted((a, b) => a - b)[2]!, unit: 'ms' },
    { id: 'ifnet.dump2000_ms.ip_addr', value: theirs.toSorted((a, b) => a - b)[2]!, unit: 'ms' },
  ];
}

async function measureIdle(namespace: Namespace, duration: number): Promise<Measurement[]> {
  const idle = namespace.node(script('idle'), [String(duration)]);
  await idle.exited;
  const [cpu, rss] = idle.text.trim().split(' ').map(Number) as [number, number];
  return [
    { id: 'ifnet.idle.cpu_percent', value: cpu, unit: '%' },
    { id: 'ifnet.idle.rss_mib', value: rss, unit: 'MiB' },
  ];
}
