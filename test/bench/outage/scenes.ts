/**
 * What can happen to two hosts that share an address. A scene gets the better host as MASTER and the other as its BACKUP,
 * and measures one thing or two. Where a signal or a cable ends the MASTER, that is 100 ms after an advertisement: a
 * successor waits longest then.
 */
import { elapse, wallTime } from '../../lab/support/index.js';
import { CarpetHost, type Host, KeepalivedHost, type Settings } from './daemons.js';
import type { Outage, Stage } from './stage.js';

export type Pair = readonly [Host, Host];

/** Rows of the table by what happened; nothing where the daemon cannot do it. */
export type Scene = (stage: Stage, pair: Pair) => Promise<Readonly<Record<string, Outage>> | undefined>;

const TAKEOVER_MS = 8_000;

const killed: Scene = async (stage, [a]) => {
  await stage.afterAdvertisement();
  return { 'kill -9': await stage.measure(() => a.signal('SIGKILL'), TAKEOVER_MS) };
};

const stopped: Scene = async (stage, [a]) => {
  await stage.afterAdvertisement();
  const stop = await stage.measure(() => a.signal('SIGSTOP'), 20_000);
  return {
    'SIGSTOP for 20 s': stop,
    'and SIGCONT': await stage.measure(() => a.signal('SIGCONT'), TAKEOVER_MS),
  };
};

const ended: Scene = async (stage, [a]) => ({
  'graceful stop': await stage.measure(() => a.signal('SIGTERM'), TAKEOVER_MS),
});

const cable: Scene = async (stage, [{ namespace }]) => {
  await stage.afterAdvertisement();
  const cut = wallTime();
  const away = (): { from: number; to: number } => ({ from: cut, to: healed ?? wallTime() });
  let healed: number | undefined;
  const out = await stage.measure(() => stage.lab.cut(namespace), TAKEOVER_MS, away);
  healed = wallTime();
  const back = await stage.measure(() => stage.lab.heal(namespace), TAKEOVER_MS, away);
  return { 'cable pulled': out, 'and plugged in': back };
};

const blip: Scene = async (stage, [{ namespace }]) => ({
  'cable out for 0.5 s': await stage.measure(async () => {
    stage.lab.cut(namespace);
    await elapse(500);
    stage.lab.heal(namespace);
  }, TAKEOVER_MS),
});

/** The better host is started beside the other one, which is MASTER. */
const preempted: Scene = async (stage, [a]) => {
  a.signal('SIGTERM');
  await stage.settled(1);
  await elapse(2_000);
  return { preemption: await stage.measure(() => a.start(), TAKEOVER_MS) };
};

const demoted: Scene = async (stage, [a]) => {
  if (!(a instanceof CarpetHost || a instanceof KeepalivedHost)) return undefined;
  const away = await stage.measure(() => a.fail(), TAKEOVER_MS);
  const back = await stage.measure(() => a.mend(), TAKEOVER_MS);
  return { 'a check fails': away, 'and recovers': back };
};

const drained: Scene = async (stage, [a]) => {
  if (!(a instanceof CarpetHost)) return undefined;
  const away = await stage.measure(() => a.carpet('carp', 'drain', '--force'), 3_000);
  const back = await stage.measure(() => a.carpet('carp', 'undrain'), TAKEOVER_MS);
  return { drain: away, undrain: back };
};

/**
 * Settings of a MASTER, each in force for a moment, in the daemon's own language. Left out are those that both hosts must
 * have alike, and the interval, in which the better host is the faster one.
 */
const CHANGES: Readonly<Record<'carpet' | 'keepalived', readonly Settings[]>> = {
  carpet: [
    'advskew: 20',
    'preempt: false',
    'preemptDelay: 100',
    'startupDelay: 100',
    'deadRatio: 4',
    'minTtl: 1',
    'allow: [10.88.0.0/24]',
    'source: 10.88.0.1',
    'passwords: [{passwordFile: pass2}]',
    'seal: send',
    'bowOut: false',
    'ignoreLinkState: true',
    'lifetime: 5',
    'lifetime: off',
    'delayedGarp: false',
    'garpCount: 5',
    'garpInterval: 500',
    'garpRefresh: 500',
    'nudge: [10.88.0.3]',
    'groups: [carp, other]',
    'failoverGroup: all',
    'virtualMac: true',
    '',
  ].map((vhid) => ({ vhid })),
  keepalived: [
    'priority 180',
    'nopreempt',
    'preempt_delay 1',
    'garp_master_delay 2',
    'garp_master_repeat 5',
    'garp_master_refresh 10',
    'mcast_src_ip 10.88.0.1',
    'lower_prio_no_advert',
    'check_unicast_src',
    'notify /bin/true',
    '',
  ].map((vhid) => ({ vhid })),
};

const reloaded: Scene = async (stage, [a]) => {
  const changes =
    a instanceof CarpetHost ? CHANGES.carpet : a instanceof KeepalivedHost ? CHANGES.keepalived : [];
  if (changes.length === 0) return undefined;
  const act = async (): Promise<void> => {
    for (const settings of changes) {
      await a.reload!(settings);
      await elapse(1_200);
    }
  };
  return { 'reload of every setting': await stage.measure(act, 5_000) };
};

const parted: Scene = async (stage) => {
  stage.trunk.part();
  await elapse(TAKEOVER_MS);
  return { 'partition heals': await stage.measure(() => stage.trunk.heal(), TAKEOVER_MS) };
};

const restarted: Scene = async (stage, [a]) => {
  const restart = async (): Promise<void> => {
    if (a instanceof CarpetHost) return a.replace();
    a.signal('SIGTERM');
    await a.program.exited;
    a.start();
  };
  return { restart: await stage.measure(restart, TAKEOVER_MS) };
};

/** In the order of docs/carp.md. */
const KEYS = [
  'passwordFile: pass, passwords: [{passwordFile: pass2}]',
  'passwordFile: pass2, passwords: [{passwordFile: pass}]',
  'passwordFile: pass2',
];

/** Both hosts get another password, one five seconds after the other; each hears both for the time of the change. */
const rekeyed: Scene = async (stage, pair) => {
  const [a, b] = pair;
  if (!(a instanceof CarpetHost && b instanceof CarpetHost)) return undefined;
  const hosts = [a, b];
  const change = async (): Promise<void> => {
    for (const vhid of KEYS)
      for (const host of hosts) {
        await host.reload({ vhid });
        await elapse(5_000);
      }
  };
  return { 'password, 5 s apart': await stage.measure(change, 5_000) };
};

/** By the names that OUTAGE_SCENES takes. */
export const SCENES: Readonly<Record<string, Scene>> = {
  killed,
  stopped,
  ended,
  cable,
  blip,
  preempted,
  demoted,
  drained,
  reloaded,
  parted,
  restarted,
  rekeyed,
};
