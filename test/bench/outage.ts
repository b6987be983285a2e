/**
 * What clients lose: an address that carpet, ucarp or keepalived shares between two hosts is asked while something
 * happens to them. Of each thing three figures: requests without an answer, the longest time without one, and
 * for how long both hosts had the address while both could be reached. Needs root and network namespaces.
 *
 * Each figure is the median of OUTAGE_ROUNDS rounds (3), and the worst is logged. OUTAGE_DAEMONS=ucarp,keepalived measures
 * these alone, OUTAGE_SCENES=stopped,parted only that.
 */

import { elapse } from '../lab/support/index.js';
import { needs } from '../support/needs.js';
import { type Bench, type Measurement, median } from './bench.js';
import { CarpetHost, type Host, KeepalivedHost, UcarpHost } from './outage/daemons.js';
import { type Pair, SCENES, type Scene } from './outage/scenes.js';
import { type Outage, Stage } from './outage/stage.js';

const DAEMONS: Readonly<Record<string, new (stage: Stage, index: 0 | 1) => Host>> = {
  carpet: CarpetHost,
  ucarp: UcarpHost,
  keepalived: KeepalivedHost,
};
/** Scenes at the same time, and by how many ms apart, so that what happens in one does not happen in all. They wait mostly. */
const TOGETHER = 3;
const APART_MS = 1_300;
const ROUNDS = 3;

export const bench: Bench = async ({ quick, log }) => {
  const missing = needs(
    'root',
    'netns',
    'program:ip',
    'program:ucarp',
    'program:keepalived',
    'program:tcpdump',
  );
  if (missing !== false) throw new Error(`the outage benchmark ${missing}`);
  const names = listed('OUTAGE_DAEMONS') ?? Object.keys(DAEMONS);
  const wanted = listed('OUTAGE_SCENES') ?? Object.keys(SCENES);
  const rounds = quick ? 1 : Number(process.env['OUTAGE_ROUNDS'] ?? ROUNDS);
  const measurements: Measurement[] = [];
  for (const name of names) {
    const queue = (quick ? wanted.slice(0, 1) : wanted).flatMap((scene) =>
      new Array<string>(rounds).fill(scene),
    );
    const found = new Map<string, Outage[]>();
    const work = async (index: number): Promise<void> => {
      await elapse(index * APART_MS);
      for (let scene = queue.shift(); scene !== undefined; scene = queue.shift())
        for (const [what, outage] of Object.entries(await play(SCENES[scene]!, DAEMONS[name]!)))
          found.set(what, [...(found.get(what) ?? []), outage]);
    };
    await Promise.all(Array.from({ length: TOGETHER }, (_, i) => work(i)));
    for (const [what, outages] of found) measurements.push(...figures(name, what, outages, log));
  }
  return measurements;
};

function listed(variable: string): string[] | undefined {
  return process.env[variable]?.split(',');
}

async function play(
  scene: Scene,
  Daemon: (typeof DAEMONS)[string],
): Promise<Readonly<Record<string, Outage>>> {
  await using stage = await Stage.open();
  const pair: Pair = [new Daemon(stage, 0), new Daemon(stage, 1)];
  pair[0].start();
  await stage.settled(0);
  pair[1].start();
  await elapse(6_000);
  await stage.settled(0);
  return (await scene(stage, pair)) ?? {};
}

function figures(
  daemon: string,
  what: string,
  outages: readonly Outage[],
  log: (line: string) => void,
): Measurement[] {
  const id = `outage.${daemon}.${what.replaceAll(/[^a-z0-9]+/gi, '_').toLowerCase()}`;
  const [lost, outage, both] = [
    outages.map((each) => each.lost),
    outages.map((each) => each.outage),
    outages.map((each) => each.both),
  ] as const;
  const told = (values: readonly number[]): string =>
    `${median(values).toFixed(0)} (${Math.max(...values).toFixed(0)})`;
  log(
    `${daemon}: ${what}: ${told(lost)} requests lost, ${told(outage)} ms, two holders for ${told(both)} ms`,
  );
  return [
    { id: `${id}.lost`, value: median(lost), unit: 'requests' },
    { id: `${id}.outage_ms`, value: median(outage), unit: 'ms' },
    { id: `${id}.two_holders_ms`, value: median(both), unit: 'ms' },
  ];
}
