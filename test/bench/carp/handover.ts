/**
 * From the SIGTERM that a MASTER gets to the successor's first advertisement on the wire. carpet bows out, to carpet
 * and to ucarp. ucarp (`-z`) says nothing, so its successor waits out its dead time. keepalived sends priority 0, upon
 * which a BACKUP still waits (256 − priority)/256 of an interval: with the default priority of 100, and with the best
 * that is less than a master's 254.
 */
import { CarpetCarp } from '../../lab/support/carpet-carp.js';
import {
  elapse,
  type Frame,
  Laboratory,
  type Namespace,
  type Program,
  wallTime,
} from '../../lab/support/index.js';
import { type Measurement, median } from '../bench.js';
import { carpAdvert, hosts, vhid } from './common.js';
import { startKeepalived, vrrpAdvert } from './keepalived.js';
import { startBareUcarp, startUcarp } from './ucarp.js';

const MASTER = '10.88.0.1';
const BACKUP = '10.88.0.2';

interface Handover {
  readonly master: (host: Namespace) => Program;
  /** Resolves when it is a BACKUP. */
  readonly backup: (host: Namespace) => Promise<unknown>;
  readonly advert: (frame: Frame) => boolean;
  /** The successor is told nothing, so that it matters when it started and when the master ended. */
  readonly atRandom?: boolean;
}

const carpet = (host: Namespace, advskew: number): CarpetCarp => new CarpetCarp(host, [vhid(1, { advskew })]);
const carpetMaster = (host: Namespace): Program => carpet(host, 0).program;
const ucarpIsBackup = (program: Program): Promise<unknown> => program.waitForLine(/state: BACKUP/, 5000);

const TO_CARPET: Handover = {
  master: carpetMaster,
  backup: (host) => carpet(host, 50).reaches('BACKUP', 5000),
  advert: carpAdvert(1),
};

const TO_UCARP: Handover = {
  master: carpetMaster,
  backup: (host) => ucarpIsBackup(startBareUcarp(host, { source: BACKUP, more: '-k 50' })),
  advert: carpAdvert(1),
};

const UCARP_TO_UCARP: Handover = {
  master: (host) => startUcarp(host, { source: MASTER, more: '-r 1 -z' }),
  backup: (host) => ucarpIsBackup(startUcarp(host, { source: BACKUP, more: '-z' })),
  advert: carpAdvert(1),
  atRandom: true,
};

const keepalived = (priority: number): Handover => ({
  master: (host) => startKeepalived(host, [{ vrid: 1, priority: 254 }], { state: 'MASTER' }),
  backup: (host) => {
    startKeepalived(host, [{ vrid: 1, priority }], { state: 'BACKUP' });
    return elapse(1000); // to say so, it would have to log, and that would cost it time at the hand-over
  },
  advert: vrrpAdvert(1),
});

export async function handover(rounds: number, log: (line: string) => void): Promise<Measurement[]> {
  const contests = {
    carpet: TO_CARPET,
    ucarp: TO_UCARP,
    ucarp_to_ucarp: UCARP_TO_UCARP,
    keepalived: keepalived(100),
    keepalived_prio253: keepalived(253),
  };
  const times = Object.entries(contests).map(([name, contest]) => ({ name, contest, ms: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { name, contest, ms } of times) {
      ms.push(await measure(contest));
      log(`handover: ${name} ${ms.at(-1)?.toFixed(1)} ms`);
    }
  }
  return [
    ...times.map(({ name, ms }) => ({ id: `carp.handover.${name}_ms`, value: median(ms), unit: 'ms' })),
    { id: 'carp.handover.carpet_worst_ms', value: Math.max(...times[0]!.ms), unit: 'ms' },
  ];
}

async function measure({ master, backup, advert, atRandom = false }: Handover): Promise<number> {
  const moment = (): Promise<void> => elapse(atRandom ? Math.random() * 1000 : 0);
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const capture = await lab.capture('proto 112');
  const from = (source: string) => (frame: Frame) => frame.ip?.source === source && advert(frame);
  const leaving = master(a!);
  await capture.waitFor('the master', 8000, from(MASTER));
  await moment();
  await backup(b!);
  // The peer must have heard the master, at a phase that differs from round to round by how long it took to start.
  await capture.waitFor('an advertisement', 3000, from(MASTER), capture.frames.length);
  await moment();
  const seen = capture.frames.length;
  const told = wallTime();
  leaving.kill('SIGTERM');
  const first = await capture.waitFor('the successor', 8000, from(BACKUP), seen);
  return first.time - told;
}
