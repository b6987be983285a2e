/**
 * @module
 * The lists of EVENTHANDLER(9) that nothing in carpet invokes, declared so that modules which know a source can: the
 * names and the meanings are FreeBSD's, the arguments are what a handler in user space can use of them. The other lists
 * of the manual page are declared where they are invoked: core/kld, core/kernel.ts, modules/ifnet, modules/host,
 * modules/devctl. docs/events.md has the reasons.
 */

/** FreeBSD's struct proc, as far as the lists below need it. */
export interface ProcessId {
  readonly pid: number;
  readonly name?: string;
}

/** A thread of a process. */
export interface ThreadId {
  readonly pid: number;
  readonly tid: number;
}

/** A processor frequency. */
export interface CpuFrequency {
  readonly cpu: number;
  readonly khz: number;
}

/** The lists of EVENTHANDLER(9) that carpet declares and does not invoke, with their handlers' signatures. */
export interface CatalogueEvents {
  /** The frequencies that a processor can run at have changed. */
  cpufreq_levels_changed(cpu: number): void;
  /** A processor's frequency has changed. */
  cpufreq_post_change(frequency: CpuFrequency): void;
  /** A processor's frequency is about to change. */
  cpufreq_pre_change(frequency: CpuFrequency): void;
  /** The dumb console is to be polled. */
  dcons_poll(): void;
  /** A name under /dev was looked up that does not exist; a driver that serves it may create it. */
  dev_clone(name: string): void;
  /** The limit of mbuf clusters has changed. */
  nmbclusters_change(limit: number): void;
  /** The limit of mbufs has changed. */
  nmbufs_change(limit: number): void;
  /** The limit of sockets has changed. */
  maxsockets_change(limit: number): void;
  /** A process structure is destroyed; never called, says the manual page. */
  process_fini(process: ProcessId): void;
  /** A process structure is made. */
  process_init(process: ProcessId): void;
  /** TCP offload: a socket starts to listen. */
  tcp_offload_listen_start(address: string, port: number): void;
  /** TCP offload: a socket stops listening. */
  tcp_offload_listen_stop(address: string, port: number): void;
  /** A thread structure is made. */
  thread_init(thread: ThreadId): void;
  /** A thread structure is destroyed. */
  thread_fini(thread: ThreadId): void;
}

declare module './events.js' {
  interface EventHandlers extends CatalogueEvents {}
}
