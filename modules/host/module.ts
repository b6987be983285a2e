/**
 * Turns what happens to the machine and to the process into events of the kernel. Each source is a class of its own,
 * injected with what it reads; the module puts them together and owns them in its scope:
 *
 * - Signals: SIGTERM and SIGINT shut the kernel down, SIGHUP invokes host_reload;
 * - MemoryWatch: vm_lowmem, from pressure-stall information and the control group's limits;
 * - PowerWatch: power_resume, from two clocks, one of which stops while the machine sleeps;
 * - VmGenerationWatch: vm_generation_event, from the clock page that a hypervisor shares with its guests;
 * - ProcessTable: process_fork, process_exec and process_exit of this process's children;
 * - ServiceManager and Watchdog: sd_notify(3), and watchdog_list if systemd has set a watchdog.
 *
 * All of them run on Linux. Elsewhere signals, children and the shutdown work; the others log once that they lack a
 * source. power_suspend is SleepModule's: when a clock shows a suspend, it is over.
 *
 * @module
 */
import * as v from 'valibot';
import {
  Clock,
  EventHandler,
  EventHandlerRegistry,
  inject,
  Kernel,
  Log,
  Module,
  Scope,
  SETTINGS,
  SHUTDOWN_PRI_FIRST,
  type ShutdownHowto,
} from '../../core/index.js';
import { linuxMemorySources } from './linux/memory-sources.js';
import { monotonic, openSleepClock } from './linux/sleep-clock.js';
import { openVmClock } from './linux/vm-clock.js';
import { MemoryWatch } from './memory-watch.js';
import { PowerWatch } from './power-watch.js';
import { PRESSURE_WINDOW_MS } from './pressure.js';
import { type Process, ProcessTable } from './process-table.js';
import { type SendDatagram, ServiceManager } from './service-manager.js';
import { Signals } from './signals.js';
import { VmGenerationWatch } from './vm-generation-watch.js';
import { Watchdog, watchdogTimeout } from './watchdog.js';

const HostSettings = v.strictObject({
  /** Whether to handle SIGTERM, SIGINT and SIGHUP; false in a program that handles them itself. */
  signals: v.optional(v.boolean(), true),
  /** Stalls that count as memory pressure, in milliseconds within two seconds. Default 200, as systemd's. */
  stall: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(PRESSURE_WINDOW_MS)), 200),
});
/** The settings of the module `host`, as given: all of them have defaults. */
export type HostSettings = v.InferInput<typeof HostSettings>;

/** The exit status after a shutdown that left something behind, unless the front end has set one: a failure at run time. */
const EXIT_LEFT_BEHIND = 2;

/**
 * The machine and the process as sources of events: signals, memory pressure, resume, clones, children, systemd. Its
 * sources end with it.
 */
@Module({ name: 'host', settings: HostSettings })
export class HostModule {
  #processes!: ProcessTable;
  #power: PowerWatch | undefined;
  #manager!: ServiceManager;
  #watchdog: Watchdog | undefined;
  #reloading = false;
  #reloadAgain = false;
  readonly #callout: Scope['callout'];

  constructor(
    @inject(Kernel) private readonly kernel: Kernel,
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Clock) private readonly clock: Clock,
    @inject(Scope) private readonly scope: Scope,
    @inject(Log) private readonly log: Log,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof HostSettings>,
  ) {
    this.#callout = (name, fn) => this.scope.callout(name, fn);
  }

  async start(): Promise<void> {
    this.#processes = this.scope.own(new ProcessTable(this.eventhandler));
    this.#startMemory();
    this.#startPower();
    this.#startVmGeneration();
    await this.#startManager();
    this.#manager.quiet = this.kernel.succession.standby;
    if (!this.#manager.quiet) this.#startWatchdog();
    if (this.settings.signals) this.#startSignals();
  }

  /** Without notifications the service manager's watchdog would end the process. */
  quiesce(): string | undefined {
    return this.#watchdog && "the service manager's watchdog would restart this process";
  }

  @EventHandler('shutdown_pre_sync', SHUTDOWN_PRI_FIRST)
  onShutdown(howto: ShutdownHowto): void {
    if (howto !== 'replace') this.#manager.stopping();
  }

  /** Notifies the service manager that the daemon is up. Called by the front end. */
  ready(status?: string): void {
    if (this.#manager.quiet) {
      this.#manager.quiet = false;
      this.#startWatchdog();
    }
    this.#manager.ready(status);
  }

  /** Another process has taken this one's place: it is the one that the service manager watches from now on. */
  succeeded(pid: number): void {
    this.#manager.succeeded(pid);
    this.#manager.quiet = true;
  }

  /** One line for `systemctl status`. */
  status(text: string): void {
    this.#manager.status(text);
  }

  /** The living children of this process. */
  processes(): Process[] {
    return this.#processes.list();
  }

  /** Checks now whether the machine has slept, and invokes power_resume if so. @returns for how many milliseconds */
  checkResume(): number {
    return this.#power?.check() ?? 0;
  }

  #startSignals(): void {
    const shutdown = async (): Promise<void> => {
      const left = await this.kernel.shutdown('halt');
      // What is left behind keeps its sockets and timers, and would keep the process. Others who wait for the same
      // shutdown have a turn before it ends.
      if (left.length > 0) setImmediate(() => process.exit(process.exitCode ?? EXIT_LEFT_BEHIND));
    };
    this.scope.own(
      new Signals(
        {
          // Not caught: a shutdown that fails is a failure of the process, and its front end says so.
          shutdown: () => void shutdown(),
          reload: () => this.#requestReload(),
        },
        this.log,
      ),
    );
  }

  #startMemory(): void {
    const { scope, clock, log, settings } = this;
    scope.own(
      new MemoryWatch({
        sources: linuxMemorySources(process.env),
        list: this.eventhandler.defineList('vm_lowmem'),
        stall: settings.stall,
        period: scope.sysctl.int('vm.lowmem_period', {
          description: 'least time between two invocations of vm_lowmem, in seconds',
          value: 10,
          min: 0,
        }),
        count: scope.sysctl.counter('host.lowmem', 'how often vm_lowmem was invoked'),
        now: () => clock.now(),
        callout: this.#callout,
        log,
      }),
    );
  }

  #startPower(): void {
    const count = this.scope.sysctl.counter('host.resumes', 'how often the machine was found to have slept');
    const list = this.eventhandler.defineList('power_resume');
    try {
      this.#power = this.scope.own(
        new PowerWatch({
          sleptSinceBoot: openSleepClock(),
          list,
          count,
          callout: this.#callout,
          log: this.log,
        }),
      );
    } catch {
      this.log.info('no source for power_resume: there is no /proc/uptime');
    }
  }

  #startVmGeneration(): void {
    const { scope, log } = this;
    const count = scope.sysctl.counter(
      'host.vm_generations',
      'times this virtual machine was migrated, cloned or restored from a snapshot',
    );
    const list = this.eventhandler.defineList('vm_generation_event');
    const vmClock = process.platform === 'linux' ? openVmClock() : undefined;
    if (vmClock === undefined)
      return log.debug('no source for vm_generation_event: no readable /dev/vmclock');
    scope.own(vmClock);
    scope.own(new VmGenerationWatch({ vmClock, list, count, callout: this.#callout, log }));
  }

  async #startManager(): Promise<void> {
    const manager = new ServiceManager({
      send: await this.#openNotifySocket(process.env['NOTIFY_SOCKET']),
      failed: this.scope.sysctl.counter(
        'host.notify.failed',
        'messages that the service manager did not take',
      ),
      monotonic,
      callout: this.#callout,
      log: this.log,
    });
    this.#manager = this.scope.own(manager);
  }

  /** Loads the foreign-function interface only where it is needed. */
  async #openNotifySocket(name: string | undefined): Promise<SendDatagram | undefined> {
    if (name === undefined || name === '') return undefined;
    if (!/^[/@]./.test(name)) {
      this.log.warning(
        `NOTIFY_SOCKET=${name} is neither a path nor an @abstract name: the service manager is not notified`,
      );
      return undefined;
    }
    try {
      const { UnixDatagram } = await import('../libc/index.js');
      const socket = this.scope.own(new UnixDatagram(name));
      return (text) => socket.send(text);
    } catch (error) {
      this.log.warning(`NOTIFY_SOCKET=${name} cannot be used: ${String(error)}`);
      return undefined;
    }
  }

  #startWatchdog(): void {
    const { scope, log } = this;
    const pats = scope.sysctl.counter(
      'host.watchdog.pats',
      'notifications to the watchdog of the service manager',
    );
    const withheld = scope.sysctl.counter(
      'host.watchdog.withheld',
      'times a handler of watchdog_list vetoed a notification',
    );
    const timeout = watchdogTimeout(process.env, process.pid);
    if (timeout === undefined || !this.#manager.present) return;
    const list = this.eventhandler.defineList('watchdog_list');
    this.#watchdog = scope.own(
      new Watchdog({ timeout, manager: this.#manager, list, pats, withheld, callout: this.#callout, log }),
    );
  }

  #requestReload(): boolean {
    const list = this.eventhandler.findList('host_reload');
    if (list === undefined || list.length === 0) return false;
    this.#reloadAgain = true;
    if (!this.#reloading) void this.#reloadAll();
    return true;
  }

  /** One after another; requests that come meanwhile are one more reload, since they may be about later changes. */
  async #reloadAll(): Promise<void> {
    this.#reloading = true;
    while (this.#reloadAgain) {
      this.#reloadAgain = false;
      this.log.notice('SIGHUP: reloading');
      this.#manager.reloading();
      await this.eventhandler.invokeAsync('host_reload');
      this.#manager.ready();
    }
    this.#reloading = false;
  }
}
