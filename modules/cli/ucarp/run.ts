/** Runs ucarp's module in a kernel of its own until a signal ends it. */
import { hostname } from 'node:os';
import { Kernel } from '../../../core/index.js';
import { CarpStatusModule } from '../../carp-status/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { UcarpModule, type UcarpSettings } from '../../ucarp/index.js';
import { describe, EXIT_FAILURE } from '../failure.js';
import { journalOnStderr } from '../log/index.js';
import { surviveLostOutput } from '../output.js';
import { ucarpLog } from './log.js';
import type { UcarpOptions } from './options.js';

const ENDING_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const;
type EndingSignal = (typeof ENDING_SIGNALS)[number];

export interface RunOptions {
  /** False for a daemon: it has no terminal. */
  readonly console: boolean;
  /** Called when everything stands and the protocol runs. */
  readonly started?: () => void;
}

/** Returns never, or by an error that kept it from running. */
export async function runUcarp(options: UcarpOptions, { console, started }: RunOptions): Promise<void> {
  const { settings, debug, facility, status, warnings } = options;
  process.title = titleOf(settings);
  const log = ucarpLog({ debug, facility, console, journal: journalOnStderr() });
  const kernel = new Kernel({ log, name: hostname() });
  let ucarp: UcarpModule | undefined;
  const signalled = nextSignal();
  // From the first moment on: without a listener USR1 would open Node's debugger, and USR2 kill.
  process.on('SIGUSR1', () => ucarp?.logState());
  process.on('SIGUSR2', () => ucarp?.demote());
  surviveLostOutput();
  await kernel.load(LinuxDriver, { neighbours: false });
  ucarp = await kernel.load(UcarpModule, settings);
  for (const warning of warnings) kernel.log.child('ucarp').warning(warning);
  if (status !== undefined) await kernel.load(CarpStatusModule, status);
  reportCrash(kernel, debug);
  started?.();

  const signal = await Promise.race([signalled, ucarp.interfaceLost]);
  void nextSignal().then(dieOf); // who cannot wait for a script that hangs asks twice
  await kernel.shutdown();
  if (signal === undefined) end(kernel, `${ucarp.ifname} is gone: carpet ucarp ends`);
  // ucarp without -z does not catch signals: whoever watches it sees what killed it. With -z it exits 0.
  if (settings.shutdown) process.exit(0);
  dieOf(signal);
}

/** A daemon has no stderr any more: an error nobody caught goes to the log. */
function reportCrash(kernel: Kernel, debug: boolean): void {
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => end(kernel, (debug && error.stack) || describe(error)));
}

function end(kernel: Kernel, message: string): never {
  kernel.log.error(message);
  process.exit(EXIT_FAILURE);
}

/**
 * What ps shows. The password of --pass stands in /proc/PID/cmdline, which everybody can read, until this title is
 * written over it: some 100 ms. Hence --passfile.
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

/** Without a listener the signal has its default effect. */
function dieOf(signal: EndingSignal): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
