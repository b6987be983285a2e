/**
 * Every process of the machine, from the kernel's process connector: process_ctor, process_dtor, machine_exec,
 * thread_ctor, thread_dtor and app_coredump_*. HostModule's process_fork, process_exec and process_exit are about the
 * children of this process alone, and need no privilege.
 *
 * Known not to work: a process whose first thread ends before the others is reported as ended then, since the connector
 * reports threads; what the kernel reports faster than it is read is lost, counted and logged.
 *
 * @module
 */
import * as v from 'valibot';
import {
  type Counter,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  Scope,
  SETTINGS,
} from '../../../core/index.js';
import { Libc, Poller } from '../../libc/index.js';
import { CoreDumps } from './core-dumps.js';
import { procFiles } from './proc-files.js';
import { ProcessReporter } from './reporter.js';
import { ProcSocket } from './socket.js';

const ProcessesSettings = v.optional(
  v.strictObject({
    /** Whether threads are reported too; false spares the wake-ups for thread_ctor and thread_dtor. */
    threads: v.optional(v.boolean(), true),
    /** Bytes for reports not yet read, about 1 KiB each. */
    receiveBuffer: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4096)), 8 * 1024 * 1024),
  }),
  {},
);
/** The settings of the module `host-processes`, as given: all of them have defaults. */
export type ProcessesSettings = v.InferInput<typeof ProcessesSettings>;

/**
 * Loaded, it invokes the lists of processes, threads and core dumps for the whole machine. Linux only; needs
 * CAP_NET_ADMIN in the machine's first namespaces.
 */
@Module({ name: 'host-processes', settings: ProcessesSettings })
export class ProcessesModule {
  readonly #overruns: Counter;

  constructor(
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Scope) private readonly scope: Scope,
    @inject(Log) private readonly log: Log,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof ProcessesSettings>,
  ) {
    this.#overruns = scope.sysctl.counter(
      'host.processes.overruns',
      'times the kernel reported processes faster than was read',
    );
  }

  /** @throws CarpetError EPERM without the privilege, ENOTSUP in a container, or on another system */
  start(): void {
    const { eventhandler, scope, settings } = this;
    const libc = Libc.load();
    const socket = scope.own(new ProcSocket(libc, settings));
    const dumps = new CoreDumps({
      started: eventhandler.defineList('app_coredump_start'),
      progress: eventhandler.defineList('app_coredump_progress'),
      finished: eventhandler.defineList('app_coredump_finish'),
      failed: eventhandler.defineList('app_coredump_error'),
      files: procFiles,
      callout: (name, fn) => scope.callout(name, fn),
    });
    const reporter = new ProcessReporter(eventhandler, procFiles, scope.own(dumps), settings.threads);
    scope.own(new Poller(libc, socket.fd, () => this.#read(socket, reporter)));
  }

  /** One batch; the poller calls again while there is more. */
  #read(socket: ProcSocket, reporter: ProcessReporter): void {
    const lost = socket.read((event) => reporter.report(event));
    if (!lost) return;
    this.#overruns.add();
    this.log
      .limited('overrun')
      .warning(
        'the kernel reported processes faster than they were read, some are missing: raise receiveBuffer, or set threads: false',
      );
  }
}
