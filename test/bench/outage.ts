/**
 * What clients lose: an address that carpet, ucarp or keepalived shares between two hosts is asked every 10 ms while
 * something happens to them. Of each thing three figures: requests without an answer, the longest time without one, and
 * for how long both hosts had the address while both could be reached. Needs root and network namespaces.
 *
 * OUTAGE_DAEMONS=ucarp,keepalived measures these alone. Each daemon takes about two minutes.
 */

import { elapse } from '../lab/support/index.js';
import { needs } from '../support/needs.js';
import type { Bench, Measurement } from './bench.js';
import { CarpetHost, type Host, KeepalivedHost, UcarpHost } from './outage/daemons.js';
import { type Pair, SCENES, type Scene } from './outage/scenes.js';
import { type Outage, Stage } from './outage/stage.js';

const DAEMONS: Readonly<Record<string, new (stage: Stage, index: 0 | 1) => Host>> = {
  carpet: CarpetHost,
  ucarp: UcarpHost,
  keepalived: KeepalivedHost,
};
/** Scenes at the same time. They wait nearly always. */
const TOGETHER = 4;

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
  const names = process.env['OUTAGE_DAEMONS']?.split(',') ?? Object.keys(DAEMONS);
  const measurements: Measurement[] = [];
  for (const name of names) {
    const scenes = [...(quick ? SCENES.slice(0, 1) : SCENES)];
    while (scenes.length > 0) {
      const found = await Promise.all(scenes.splice(0, TOGETHER).map((scene) => play(scene, DAEMONS[name]!)));
      for (const rows of found)
        for (const [what, outage] of Object.entries(rows))
          measurements.push(...figures(name, what, outage, log));
    }
  }
  return measurements;
};

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
  { lost, outage, both }: Outage,
  log: (line: string) => void,
): Measurement[] {
  const id = `outage.${daemon}.${what.replaceAll(/[^a-z0-9]+/gi, '_').toLowerCase()}`;
  log(
    `${daemon}: ${what}: ${lost} requests lost, ${outage.toFixed(0)} ms, two holders for ${both.toFixed(0)} ms`,
  );
  return [
    { id: `${id}.lost`, value: lost, unit: 'requests' },
    { id: `${id}.outage_ms`, value: outage, unit: 'ms' },
    { id: `${id}.two_holders_ms`, value: both, unit: 'ms' },
  ];
}
