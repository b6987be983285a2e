import { hostname } from 'node:os';
import { setTimeout as elapse } from 'node:timers/promises';
import type { Kernel } from '../../../core/index.js';
import { AcdModule } from '../../acd/index.js';
import { CarpStatusModule } from '../../carp-status/index.js';
import type { StateFolder } from '../../host/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { UcarpModule, type UcarpSettings } from '../../ucarp/index.js';
import { EXIT_FAILURE } from '../failure.js';
import { startKernel } from '../kernel.js';
import { journalOnStderr } from '../log/index.js';
import { surviveLostOutput } from '../output.js';
import { panicOnUncaught } from '../panic.js';
import { dieOf, type HeldSignals } from '../signals.js';
import { ucarpLog } from './log.js';
import type { UcarpOptions } from './options.js';

/** How long the process waits at its end for what is still to be written: a disk may hang. */
const STATE_MS = 1000;
const ENDING_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const;
type EndingSignal = (typeof ENDING_SIGNALS)[number];

/** How and where ucarp runs. */
export interface UcarpRun {
  /** False for a daemon: it has no terminal. */
  readonly console: boolean;
  readonly signals: HeldSignals;
  /** Called when the protocol runs. */
  readonly started?: () => void;
}

/** Runs the ucarp module in a kernel until a signal ends it. Never returns; throws if it cannot start. */
export async function runUcarp(
  options: UcarpOptions,
  { console, signals, started }: UcarpRun,
): Promise<void> {
  const { settings, debug, facility, status, stateDir, warnings } = options;
  process.title = titleOf(settings);
  surviveLostOutput();
  const log = ucarpLog({ debug, facility, console, journal: journalOnStderr() });
  const running = await startKernel({ log, name: hostname(), stateDir }, signals, async (kernel, state) => {
    panicOnUncaught(kernel, debug);
    await kernel.load(LinuxDriver, { neighbours: false });
    await kernel.load(AcdModule);
    const ucarp = await kernel.load(UcarpModule, settings);
    for (const warning of warnings) kernel.log.child('ucarp').warning(warning);
    if (status !== undefined) await kernel.load(CarpStatusModule, status);
    process.on('SIGUSR1', () => ucarp.logState());
    process.on('SIGUSR2', () => ucarp.demote());
    started?.();
    return { kernel, ucarp, state, signalled: nextSignal() };
  });
  if (running !== undefined) await runOn(running, settings.shutdown ?? false);
}

interface Running {
  readonly kernel: Kernel;
  readonly ucarp: UcarpModule;
  readonly state: StateFolder | undefined;
  readonly signalled: Promise<EndingSignal>;
}

async function runOn({ kernel, ucarp, state, signalled }: Running, exits: boolean): Promise<never> {
  const signal = await Promise.race([signalled, ucarp.interfaceLost]);
  void nextSignal().then(dieOf); // a second signal does not wait for a script that hangs
  await kernel.shutdown();
  await Promise.race([state?.settled(), elapse(STATE_MS)]);
  if (signal === undefined) {
    kernel.log.error(`${ucarp.ifname} is gone: carpet ucarp ends`);
    process.exit(EXIT_FAILURE);
  }
  // ucarp without -z does not catch signals: its supervisor sees which one killed it. With -z it exits 0.
  if (exits) process.exit(0);
  return dieOf(signal);
}

/**
 * What ps shows. The password of --pass stands in /proc/PID/cmdline, which every user can read, until this title
 * overwrites it, some 100 ms after the start. Hence --passfile.
 */
function titleOf({ interface: ifname, srcip, vhid, addr }: UcarpSettings): string {
  const named = ifname === undefined ? '' : ` -i ${ifname}`;
  return `carpet ucarp${named} -s ${srcip} -v ${vhid} -a ${addr}`;
}

function nextSignal(): Promise<EndingSignal> {
  return new Promise((resolve) => {
    const caught = (signal: EndingSignal): void => {
      for (const each of ENDING_SIGNALS) process.removeListener(each, caught);
      resolve(signal);
    };
    for (const each of ENDING_SIGNALS) process.on(each, caught);
  });
}
