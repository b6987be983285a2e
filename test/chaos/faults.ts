import type { Random } from '../../core/index.js';
import { elapse } from '../lab/support/index.js';
import type { CarpetHost } from './carpet-host.js';
import { ADDRESS, type Host } from './host.js';
import type { Scene } from './scene.js';

/** A death, with `advbase` 1: three seconds, the advskew of the next carpet (100), and as much again for the machine. */
const DEATH_MS = 3400 + 600;
/** The same where ucarp, with an advskew of 200, may be the next; and where the interface must come up first. */
const SLOW_DEATH_MS = DEATH_MS + 1000;
/** A hand-over, or what is put right at once: what a shared machine needs, and a client that connects again. */
const BLINK_MS = 800;

/** Something that goes wrong on a real network, and is put right after a while. */
export interface Fault {
  readonly name: string;
  /** How long a client may go without an answer, in ms. */
  readonly outageMs: number;
  /** How long two hosts that can be reached may have the address, in ms. */
  readonly sharedMs: number;
  /** How long two carpets may, if a ucarp may for longer. */
  readonly carpetsMs?: number;
  /** Breaks something, and puts it right. @returns what came of it instead, if that is allowed */
  run(scene: Scene, random: Random): Promise<Instead | undefined | void>;
}

/** An upgrade was given up: a busy machine could not make it in time. */
export type Instead = 'given up';

/** A MASTER that yields has the address until it has heard the better one. */
const HAND_OVER_MS = 100;
/** ucarp reads what it has received up to a second after it came (its timeout for libpcap), and then runs a script. */
const UCARP_READS_MS = 1000;

function between(random: Random, from: number, to: number): number {
  return from + (random.uint32() % (to - from + 1));
}

async function upgrade(host: CarpetHost): Promise<Instead | undefined> {
  return (await host.upgrade()) ? undefined : 'given up';
}

function eitherOf<T>(random: Random, one: T, other: T): T {
  return random.uint32() % 2 === 0 ? one : other;
}

/** What a fault is called, and what is promised of it. */
type Promised = Omit<Fault, 'run'>;
type Pick = (scene: Scene) => Host;

const MASTER: Pick = (scene) => scene.roles().master;
const BACKUP: Pick = (scene) => scene.roles().backup;
const UCARP: Pick = ({ ucarp }) => ucarp;

/** A process ends by a signal, and is started again after up to so many ms. */
function ended(promised: Promised, signal: NodeJS.Signals, pick: Pick, atMostMs: number): Fault {
  return {
    ...promised,
    async run(scene, random) {
      const host = pick(scene);
      await host.kill(signal);
      await elapse(between(random, 0, atMostMs));
      await host.start();
    },
  };
}

/** A process stands still for up to so many ms. */
function stopped(promised: Promised, pick: Pick, atMostMs: number): Fault {
  return {
    ...promised,
    async run(scene, random) {
      const host = pick(scene);
      host.stop();
      await elapse(between(random, 500, atMostMs));
      host.resume();
    },
  };
}

/** A cable is pulled for a while. */
function cut(promised: Promised, pick: Pick): Fault {
  return {
    ...promised,
    async run(scene, random) {
      const host = pick(scene);
      scene.cut(host);
      await elapse(between(random, 200, 6000));
      scene.heal(host);
    },
  };
}

/** The next one takes over when it has heard nothing for its dead time. */
const death = (name: string): Promised => ({ name, outageMs: DEATH_MS, sharedMs: HAND_OVER_MS });
/** Clients hardly notice. */
const blink = (name: string): Promised => ({ name, outageMs: BLINK_MS, sharedMs: HAND_OVER_MS });

/** The same, but a ucarp that reads the last word in the moment in which the BACKUP does takes over beside it. */
const farewell = (name: string): Promised => ({
  ...blink(name),
  sharedMs: UCARP_READS_MS + 2 * HAND_OVER_MS,
  carpetsMs: HAND_OVER_MS,
});

/** Every fault; a seed chooses among them. */
export const FAULTS: readonly Fault[] = [
  ended(death('kill -9 of the MASTER'), 'SIGKILL', MASTER, 6000),
  ended(blink('kill -9 of the BACKUP'), 'SIGKILL', BACKUP, 5000),
  ended(blink('kill -9 of ucarp'), 'SIGKILL', UCARP, 3000),
  ended(farewell('SIGTERM of the MASTER'), 'SIGTERM', MASTER, 3000),
  {
    name: 'kill -9 of both carpets',
    outageMs: SLOW_DEATH_MS,
    sharedMs: UCARP_READS_MS + 2 * HAND_OVER_MS,
    carpetsMs: HAND_OVER_MS,
    async run(scene, random) {
      await Promise.all(scene.carpets.map((host) => host.kill('SIGKILL')));
      await elapse(between(random, 4500, 7000));
      for (const host of scene.carpets) await host.start();
    },
  },
  stopped(death('SIGSTOP of the MASTER'), MASTER, 8000),
  stopped(blink('SIGSTOP of the BACKUP'), BACKUP, 8000),
  stopped(blink('SIGSTOP of ucarp'), UCARP, 3000),
  cut(death("the MASTER's cable"), MASTER),
  cut(blink("the BACKUP's cable"), BACKUP),
  {
    ...blink('the shared address is removed'),
    async run(scene, random) {
      const { master } = scene.roles();
      for (let times = between(random, 1, 3); times > 0; times--) {
        // It may have gone that very moment: then there is nothing to remove.
        const has = master.namespace.ip('address', 'show', 'dev', 'eth0').includes(`${ADDRESS}/24`);
        if (has) master.namespace.ip('address', 'del', `${ADDRESS}/24`, 'dev', 'eth0');
        await elapse(1500);
      }
    },
  },
  {
    ...death('the interface goes down'),
    async run(scene, random) {
      const { master } = scene.roles();
      master.namespace.ip('link', 'set', 'eth0', 'down');
      await elapse(between(random, 200, 6000));
      master.namespace.ip('link', 'set', 'eth0', 'up');
    },
  },
  {
    ...death('the interface is removed'),
    async run(scene, random) {
      const { master, backup } = scene.roles();
      const host = eitherOf(random, master, backup);
      scene.unplug(host);
      await elapse(between(random, 500, 6000));
      scene.plug(host);
    },
  },
  {
    name: 'three of ten packets are lost',
    // A BACKUP may take over, and hears of the better MASTER within the next intervals.
    outageMs: DEATH_MS + 2000,
    sharedMs: 4000,
    async run(scene, random) {
      const { master } = scene.roles();
      scene.lose(master, 30);
      await elapse(between(random, 3000, 7000));
      scene.loseNothing();
    },
  },
  {
    name: 'a link of 64 kbit/s',
    // What waits in the queue comes late, the advertisements with it.
    outageMs: DEATH_MS,
    sharedMs: HAND_OVER_MS,
    async run(scene, random) {
      const { master } = scene.roles();
      const slow = 'root tbf rate 64kbit burst 2k latency 400ms'.split(' ');
      master.namespace.exec('tc', 'qdisc', 'add', 'dev', 'eth0', ...slow);
      await elapse(between(random, 2000, 6000));
      master.namespace.exec('tc', 'qdisc', 'del', 'dev', 'eth0', 'root');
    },
  },
  {
    ...blink('the disk is full'),
    async run(scene, random) {
      const free = scene.carpets.map((host) => host.fill());
      await elapse(between(random, 1000, 5000));
      for (const each of free) each();
    },
  },
  {
    ...death('other programs take the processors'),
    async run(scene, random) {
      const { master } = scene.roles();
      const busy = Array.from({ length: 4 }, () =>
        master.namespace.spawn(['sh', '-c', 'while :; do :; done']),
      );
      await elapse(between(random, 1000, 5000));
      for (const program of busy) await program.end('SIGKILL');
    },
  },
  {
    name: 'an upgrade of the MASTER',
    outageMs: BLINK_MS,
    sharedMs: 0,
    run: (scene) => upgrade(scene.roles().master),
  },
  {
    name: 'an upgrade of the BACKUP',
    outageMs: BLINK_MS,
    sharedMs: 0,
    run: (scene) => upgrade(scene.roles().backup),
  },
  {
    ...blink('settings read again'),
    async run(scene, random) {
      const { master, backup } = scene.roles();
      await master.reload(between(random, 1, 20));
      await backup.reload(between(random, 90, 110));
      await master.reload(master.advskew);
      await backup.reload(backup.advskew);
    },
  },
];
