/**
 * How fast an event reaches its handlers, against the plain array loop and against other libraries: ratios for 1, 4
 * and 16 handlers with 0, 1 and 3 arguments, bytes per emit, and register+deregister pairs.
 *
 * Each round gives every peer a process of its own, with call sites that have seen a thousand other handlers; rounds
 * are interleaved over the peers, so that a noisy minute hits all of them; a figure is the median over the rounds of
 * mitata's median. A ratio is taken to the raw loop of the same round.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Bench, type Measurement, median } from './bench.js';
import { PEERS } from './dispatch/peers.js';
import { EMITS, label, RESIDENTS, type Report } from './dispatch/scenario.js';

const worker = fileURLToPath(new URL('dispatch/worker.js', import.meta.url));
const run = promisify(execFile);

async function measurePeer(name: string, milliseconds: number): Promise<Report> {
  const { stdout } = await run(process.execPath, ['--expose-gc', worker, name, String(milliseconds)]);
  return JSON.parse(stdout) as Report;
}

export const bench: Bench = async ({ quick, log }) => {
  const rounds = quick ? 2 : 9;
  const milliseconds = quick ? 30 : 150;
  const names = quick ? ['raw', 'direct', 'named', 'softc', 'eventemitter3', 'node'] : Object.keys(PEERS);
  const reports = new Map<string, Report[]>(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) reports.get(name)?.push(await measurePeer(name, milliseconds));
    log(`dispatch: round ${round} of ${rounds}`);
  }
  const baseline = reports.get('raw') ?? [];
  return names.flatMap((name) => figures(name, reports.get(name) ?? [], baseline));
};

function figures(name: string, reports: readonly Report[], baseline: readonly Report[]): Measurement[] {
  const found: Measurement[] = [];
  for (const scenario of EMITS) {
    const key = label(scenario);
    const id = `dispatch.${name}.${key}`;
    const ns = reports.map((report) => report.emit[key] ?? Number.NaN);
    const ratios = ns.map((value, round) => value / (baseline[round]?.emit[key] ?? Number.NaN));
    const bytes = reports.map((report) => report.bytes[key] ?? Number.NaN);
    found.push({ id: `${id}.ns`, value: median(ns), unit: 'ns' });
    if (name !== 'raw') found.push({ id: `${id}.ratio`, value: median(ratios), unit: 'x' });
    found.push({ id: `${id}.bytes`, value: Math.round(median(bytes)), unit: 'B' });
  }
  for (const residents of RESIDENTS) {
    const values = reports.flatMap((report) => report.pair[residents] ?? []);
    if (values.length === 0) continue;
    found.push({ id: `dispatch.${name}.register.${residents}.ns`, value: median(values), unit: 'ns' });
  }
  return found;
}
