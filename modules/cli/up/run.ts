/**
 * @module
 * `carpet up` at work. SIGTERM, SIGINT: everything is unloaded, a MASTER bows out, and the process ends. SIGHUP: the
 * settings are read again and applied, whole or not at all. SIGUSR1 and SIGUSR2 do nothing.
 */
import { hostname } from 'node:os';
import type { Kernel } from '../../../core/index.js';
import {
  type BootModule,
  boot,
  ConfigError,
  checkFiles,
  formatProblem,
  importerFor,
} from '../../boot/index.js';
import { BUILTINS } from '../../builtin/index.js';
import { HostModule } from '../../host/index.js';
import type { Cli } from '../cli.js';
import { startKernel } from '../kernel.js';
import { surviveLostOutput } from '../output.js';
import { panicOnUncaught } from '../panic.js';
import { keepPrivileges } from '../privileges.js';
import { reloadFailure } from '../reload.js';
import { checkOptions, mistakes, problemLines } from '../settings-file.js';
import type { HeldSignals } from '../signals.js';
import { hostClock } from './clock.js';
import { SettingsLog } from './log.js';
import { findPredecessor } from './replace.js';
import { offerRestart } from './restart.js';

/** What `carpet up` was asked to run. */
export interface Up {
  readonly file: string;
  /** Whether to open the control socket. */
  readonly control: boolean;
  /** Whether to take the place of the kernel that runs. */
  readonly replace: boolean;
  /** Where it keeps what must survive a restart. */
  readonly stateDir?: string | undefined;
  /** The capabilities that it keeps: names, `none` or `all`. */
  readonly capabilities: string;
}

/** Returns when everything runs; the process then lives until a signal has shut the kernel down. */
export async function runUp(up: Up, cli: Cli): Promise<void> {
  const { file, control, replace, stateDir, capabilities } = up;
  const options = { ...checkOptions(control), import: importerFor(file, BUILTINS) };
  const { configuration, problems, warnings } = await checkFiles(file, options);
  if (configuration === undefined) {
    for (const line of problemLines({ problems, warnings })) process.stderr.write(`${line}\n`);
    throw mistakes({ problems }, 'nothing was started');
  }
  surviveLostOutput();
  const log = new SettingsLog(cli);
  await log.set(configuration.log);
  const clock = hostClock();
  const predecessor = replace ? await findPredecessor(configuration, clock) : undefined;
  if (predecessor === 'managed') return;
  const name = configuration.name ?? hostname();
  const kernelOptions = {
    log: log.sink,
    name,
    clock,
    import: options.import,
    stateDir,
    ...(predecessor && { predecessor: predecessor.states }),
  };
  const start = async (kernel: Kernel): Promise<void> => {
    predecessor?.heedShutdown(kernel);
    panicOnUncaught(kernel, cli.debug);
    await keepPrivileges(capabilities); // before anything that a stranger sends is read
    releaseWithHost(kernel, cli.signals);
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);
    const settings = { ...options, file, setLog: (given: typeof configuration.log) => log.set(given) };
    const module = await boot(kernel, configuration, settings, warnings);
    kernel.eventhandler.register('host_reload', () => reload(kernel, module));
    await module.loadInherited();
    await predecessor?.finish(kernel);
    offerRestart(kernel);
    kernel.get(HostModule).ready(`${configuration.modules.length} modules of ${file}`);
  };
  const abandon = (error: unknown): never => {
    predecessor?.abandon(error);
    throw error;
  };
  // The predecessor learns why before the shutdown that an error leads to.
  await startKernel(kernelOptions, cli.signals, (kernel) => start(kernel).catch(abandon)).catch(abandon);
}

/** The module host takes SIGINT and SIGTERM as soon as it is loaded, those that came before too. */
function releaseWithHost(kernel: Kernel, signals: HeldSignals): void {
  kernel.eventhandler.register('kld_load', ({ name }) => {
    if (name === 'host') signals.release('SIGINT', 'SIGTERM');
  });
}

/** What is wrong goes to the log: who sent the signal reads it there. */
async function reload({ log }: Kernel, module: BootModule): Promise<void> {
  try {
    await module.apply();
  } catch (error) {
    if (error instanceof ConfigError) for (const problem of error.problems) log.error(formatProblem(problem));
    log.error(reloadFailure(error instanceof ConfigError ? 'see the lines before' : error));
  }
}
