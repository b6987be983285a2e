/**
 * The interfaces of a Linux kernel, attached to IfnetModule.
 *
 * The driver holds one netlink socket for requests, one for reports, one packet socket, two sockets for ICMP redirects,
 * and for each open IP socket one raw socket (and one for sending to single hosts, once that happens), and one that owns a
 * table of nf_tables, once an address accepts no packets. What is watched has an epoll instance as well. A timer of the
 * kernel's wakes the clock. All are closed when the module is unloaded.
 *
 * Who points to whom: LinuxIfnet and its sockets share one LinuxServices. Reports flow one way, from EventSocket through
 * Monitor and Reporter to IfnetModule; a change made through a LinuxIfnet asks the Monitor to catch up.
 *
 * Known not to work: 32-bit and big-endian machines. In a worker thread raw sockets are the C library's: the package
 * raw-socket lives on the main loop.
 *
 * @module
 */
import * as v from 'valibot';
import {
  Clock,
  EVENTHANDLER_PRI_LAST,
  EventHandler,
  inject,
  Log,
  Module,
  Scope,
  SETTINGS,
} from '../../../core/index.js';
import { Libc, openNetns, Poller, TimerFd } from '../../libc/index.js';
import { type Ifnet, IfnetError, IfnetModule, type IfnetState, type LinkState } from '../index.js';
import { GroupNames } from './groups.js';
import { LinuxIfnet } from './interface.js';
import { Monitor, type MonitorParts } from './monitor.js';
import type { AddressReport } from './netlink/address.js';
import * as nl from './netlink/constants.js';
import { EventSocket } from './netlink/event-socket.js';
import { RAW_SOCKET_KINDS, RawSockets } from './raw-sockets.js';
import { type RedirectReport, RedirectSocket } from './redirect-socket.js';
import { Renewals } from './renewals.js';
import { Reporter } from './reporter.js';
import { Requests } from './requests.js';
import { LinuxServices } from './services.js';
import { UnansweredQuestions } from './unanswered.js';

const schema = v.optional(
  v.strictObject({
    /** The network namespace to work in: a name of `ip netns`, or a path. Default: the process's own. */
    netns: v.optional(v.string()),
    /** What opens raw IP sockets: the package raw-socket, the C library, or (auto) raw-socket if it was built. */
    sockets: v.optional(v.picklist(RAW_SOCKET_KINDS), 'auto'),
    /** Size of the receive buffer for reports, in bytes. The kernel doubles it; an overrun does no harm. */
    receiveBuffer: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2048)), 8 * 1024 * 1024),
    /** Whether to watch neighbours, for lle_event. */
    neighbours: v.optional(v.boolean(), true),
    /** Whether to watch ICMP redirects, for route_redirect_event. No-op without CAP_NET_RAW. */
    redirects: v.optional(v.boolean(), true),
  }),
  {},
);

/** The settings of the module `ifnet-linux`, as given: all of them have defaults. */
export type LinuxDriverSettings = v.InferInput<typeof schema>;

/**
 * The driver for a Linux kernel: once loaded, IfnetModule has the machine's interfaces. When it is unloaded they leave the
 * table with ifnet_release_event, because the interfaces themselves stay.
 */
@Module({
  name: 'ifnet-linux',
  depends: [IfnetModule],
  settings: schema,
  reload: 'after', // An interface has one object in the table.
})
export class LinuxDriver {
  #services: LinuxServices | undefined;
  #unanswered: UnansweredQuestions | undefined;
  #monitor: Monitor | undefined;

  constructor(
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(Scope) private readonly scope: Scope,
    @inject(Clock) private readonly clock: Clock,
    @inject(Log) private readonly log: Log,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof schema>,
  ) {}

  /** @throws CarpetError where the real network cannot be had: ENOTSUP, ENOPKG, ENOENT for a namespace … */
  start(): void {
    const { scope, clock } = this;
    const libc = Libc.load();
    // An advertisement that is due within a millisecond must not wait for the event loop's timer to count to the next.
    scope.own(clock.useTimer((expired) => new TimerFd(libc, expired)));
    const netns = scope.own(openNetns(libc, this.settings.netns));
    const requests = scope.own(new Requests(libc, netns));
    const events = scope.own(
      netns.run(() => new EventSocket(libc, this.#groups(), this.settings.receiveBuffer)),
    );
    const make = (state: IfnetState): LinuxIfnet => new LinuxIfnet(state, services);
    const reporter = new Reporter(this.ifnet, requests, new GroupNames(), this.settings.neighbours, make);
    const reports = this.#makeMonitor(events, reporter);
    const rawSockets = this.#makeRawSockets(libc);
    const renewals = scope.own(new Renewals(libc, netns, (code, of) => this.#notRenewed(code, of)));
    const services = scope.own(
      new LinuxServices({ libc, netns, clock, requests, rawSockets, reports, renewals }),
    );
    this.#services = services;
    this.#unanswered = new UnansweredQuestions(scope, requests, this.log);
    this.#monitor = reports;
    reports.start();
    scope.own(new Poller(libc, events.fd, () => reports.readable()));
    if (this.settings.redirects) this.#watchRedirects(services);
  }

  /** Handlers of ifnet_release_event can still remove what they have added to an interface. */
  stop(): void {
    const own = this.ifnet.list().filter((ifp) => ifp instanceof LinuxIfnet);
    for (const ifp of own) {
      for (const socket of ifp.sockets) socket[Symbol.dispose]();
      this.ifnet.release(ifp);
    }
    this.#services?.settings[Symbol.dispose]();
    for (const ifp of own) ifp.departed = true;
  }

  /** Open descriptors of the driver, for tests that look for leaks. */
  get descriptors(): number {
    return this.#services?.libc.descriptors ?? 0;
  }

  /** Whether the table is in step with the kernel: false between an overrun and the dump after it. */
  get inStep(): boolean {
    return this.#monitor?.inStep ?? false;
  }

  /** Behind the handlers that put addresses in place: they must not wait for it. */
  @EventHandler('ifnet_link_event', EVENTHANDLER_PRI_LAST)
  onLink(ifp: Ifnet, state: LinkState): void {
    if (state !== 'UP' || !(ifp instanceof LinuxIfnet)) return;
    // A process that only looks on changes nothing. On a macvlan serve those who have their sockets on its parent.
    if (ifp.sockets.size > 0 || ifp.kind === 'macvlan') this.#unanswered?.askAnew(ifp);
  }

  #watchRedirects(services: LinuxServices): void {
    for (const family of [4, 6] as const) {
      try {
        this.scope.own(new RedirectSocket(services, family, (report) => this.#redirected(report)));
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

  /** The address runs out then, and who added it adds it again, which names what is wrong. */
  #notRenewed(code: string, of?: AddressReport): void {
    if (code === 'ENODEV') return;
    const ifname = of === undefined ? undefined : this.ifnet.byIndex(of.index)?.name;
    const what =
      of === undefined ? 'an address' : `${of.address.prefix} on ${ifname ?? `interface ${of.index}`}`;
    this.log
      .limited(`renewal ${what} ${code}`)
      .warning(() => `the kernel refuses to renew the lifetime of ${what}: ${code}`);
  }

  #groups(): number {
    const always = nl.RTMGRP_LINK | nl.RTMGRP_IPV4_IFADDR | nl.RTMGRP_IPV6_IFADDR;
    return this.settings.neighbours ? always | nl.RTMGRP_NEIGH : always;
  }

  #makeRawSockets(libc: Libc): RawSockets {
    const kind = this.scope.sysctl.enum('net.link.linux.sockets', {
      description:
        'what opens raw IP sockets from now on: libc, raw-socket, or auto (raw-socket if it was built)',
      value: this.settings.sockets,
      values: RAW_SOCKET_KINDS,
    });
    return new RawSockets(libc, kind, this.log);
  }

  #makeMonitor(events: EventSocket, reporter: Reporter): Monitor {
    const { ifnet, clock, log, scope } = this;
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
