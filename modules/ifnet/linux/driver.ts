/**
 * LinuxDriver: the interfaces of a Linux kernel, attached to IfnetModule.
 *
 * Holds: one netlink socket for requests, one for reports, one packet socket, and per open IP socket one raw socket
 * (and one for sending to single hosts, once that happens); one for uevents,
 * two for ICMP redirects. All are closed when the module is unloaded.
 *
 * Known not to work: 32-bit and big-endian machines; worker threads (raw-socket and epoll live on the main loop).
 */
import * as v from 'valibot';
import { Clock, EventHandlerRegistry, inject, Log, Module, Scope, SETTINGS } from '../../../core/index.js';
import { Libc, openNetns, Poller } from '../../libc/index.js';
import { IfnetError, IfnetModule } from '../index.js';
import { GroupNames } from './groups.js';
import { Host } from './host.js';
import { LinuxIfnet } from './interface.js';
import { Monitor, type MonitorParts } from './monitor.js';
import * as nl from './netlink/constants.js';
import { EventSocket } from './netlink/event-socket.js';
import { type RedirectReport, RedirectSocket } from './redirect-socket.js';
import { Reporter } from './reporter.js';
import { VmGeneration } from './vm-generation.js';

const schema = v.optional(
  v.strictObject({
    /** The network namespace to work in: a name of `ip netns`, or a path. Default: the process's own. */
    netns: v.optional(v.string()),
    /** Bytes for reports not yet read. The kernel doubles it, and an overrun is survived. */
    receiveBuffer: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2048)), 8 * 1024 * 1024),
    /** Whether neighbours are watched, for lle_event. */
    neighbours: v.optional(v.boolean(), true),
    /** Whether ICMP redirects are watched, for route_redirect_event. Needs CAP_NET_RAW; without it they are not. */
    redirects: v.optional(v.boolean(), true),
    /** Whether the generation id of a virtual machine is watched, for vm_generation_event. */
    vmGeneration: v.optional(v.boolean(), true),
  }),
  {},
);

export type LinuxDriverSettings = v.InferInput<typeof schema>;

@Module({ name: 'ifnet-linux', depends: [IfnetModule], settings: schema })
export class LinuxDriver {
  #host: Host | undefined;
  #monitor: Monitor | undefined;

  constructor(
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(Scope) private readonly scope: Scope,
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Clock) private readonly clock: Clock,
    @inject(Log) private readonly log: Log,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof schema>,
  ) {}

  start(): void {
    const libc = Libc.load();
    const host = this.scope.own(new Host(libc, openNetns(libc, this.settings.netns), this.clock));
    const events = this.scope.own(
      host.netns.run(() => new EventSocket(libc, this.#groups(), this.settings.receiveBuffer)),
    );
    const monitor = this.#makeMonitor(host, events);
    this.#host = host;
    this.#monitor = monitor;
    host.reports = monitor;
    monitor.start();
    this.scope.own(new Poller(libc, events.fd, () => monitor.readable()));
    if (this.settings.redirects) this.#watchRedirects(host);
    if (this.settings.vmGeneration) {
      this.scope.own(new VmGeneration(host, () => this.eventhandler.invoke('vm_generation_event')));
    }
  }

  /** Only we leave, the interfaces stay: whoever hears of it can still take off them what is theirs. */
  stop(): void {
    const own = this.ifnet.list().filter((ifp) => ifp instanceof LinuxIfnet);
    for (const ifp of own) {
      for (const socket of ifp.sockets) socket[Symbol.dispose]();
      this.ifnet.detach(ifp);
    }
    this.#host?.settings[Symbol.dispose]();
    for (const ifp of own) ifp.departed = true;
  }

  /** How many descriptors the driver holds, for those who look for leaks. */
  get descriptors(): number {
    return this.#host?.libc.descriptors ?? 0;
  }

  /** False between an overrun of the kernel's reports and the dump that makes good for it. */
  get inStep(): boolean {
    return this.#monitor?.inStep ?? false;
  }

  #watchRedirects(host: Host): void {
    for (const family of [4, 6] as const) {
      try {
        this.scope.own(new RedirectSocket(host, family, (report) => this.#redirected(report)));
      } catch (error) {
        if (!(error instanceof IfnetError)) throw error;
        this.log.debug(`IPv${family} redirects are not watched: ${error.message}`);
      }
    }
  }

  #redirected({ index, ...redirect }: RedirectReport): void {
    const ifp = this.ifnet.byIndex(index);
    if (ifp !== undefined) this.ifnet.redirect({ ifp, ...redirect });
  }

  #groups(): number {
    const always = nl.RTMGRP_LINK | nl.RTMGRP_IPV4_IFADDR | nl.RTMGRP_IPV6_IFADDR;
    return this.settings.neighbours ? always | nl.RTMGRP_NEIGH : always;
  }

  #makeMonitor(host: Host, events: EventSocket): Monitor {
    const { ifnet, clock, log, scope } = this;
    const reporter = new Reporter(ifnet, host, new GroupNames(), this.settings.neighbours);
    const overruns = scope.sysctl.counter(
      'net.link.linux.overruns',
      'times the kernel reported faster than was read',
    );
    const dumps = scope.sysctl.counter(
      'net.link.linux.dumps',
      'whole tables read from the kernel and compared',
    );
    const callout: MonitorParts['callout'] = (name, fn) => scope.callout(name, fn);
    return new Monitor({ ifnet, events, reporter, clock, log, overruns, dumps, callout });
  }
}
