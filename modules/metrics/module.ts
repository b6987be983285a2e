/**
 * @module
 * What a scrape shows: the families that modules have added with {@link Metrics}, and those that are made anew each time
 * of the sysctl tree and of CARP and VRRP. Rendering is synchronous, so that a scrape is one moment of the kernel.
 *
 *     Metrics (one for each module) ─► MetricRegistry ─► the verb `metrics`
 *     SysctlSource, VipSource ────────►              └─► ScrapeThread, if a port is set
 *
 * The protocols are no dependency: a kernel without them has metrics too. Their events come by their lists, and the virtual
 * hosts are asked of the module `vip` while that is loaded.
 */
import {
  Clock,
  describe,
  EVENTHANDLER_PRI_LAST,
  EventHandler,
  EventHandlerRegistry,
  inject,
  Kernel,
  Log,
  Module,
  type ModuleLifecycle,
  Scope,
  SETTINGS,
  type SuccessionPhase,
  Sysctl,
} from '../../core/index.js';
import type { InetAddress } from '../ifnet/index.js';
import { type Vip, VipModule, type VipStateChange } from '../vip/index.js';
import { ScrapeThread } from './listen/scrape-thread.js';
import { MetricMaker } from './maker.js';
import { MetricRegistry } from './registry.js';
import { type MetricsSettings, metricsSettings, parseListen } from './settings.js';
import { SheetTable } from './sheets.js';
import { addEventLoop } from './sources/event-loop.js';
import { HandlerTimes } from './sources/handler-times.js';
import { addProcess } from './sources/process.js';
import { SysctlSource } from './sources/sysctl-source.js';
import { VipSource } from './sources/vip-source.js';
import { registerMetricsVerbs } from './verbs.js';

/** A predecessor closes its port within some milliseconds, and is gone after a second. */
const RETRY_MS = 100;
const MAX_TRIES = 100;

/** Shows the kernel to Prometheus. */
@Module({
  name: 'metrics',
  settings: metricsSettings,
  offers: ['openSheet', 'writeSheet', 'eraseFromSheet'],
  reload: 'after', // One version only may listen on the port.
})
export class MetricsModule implements ModuleLifecycle {
  /** All families of this kernel. */
  readonly registry: MetricRegistry;
  readonly #kernel: Kernel;
  readonly #eventhandler: EventHandlerRegistry;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #scope: Scope;
  readonly #carp: VipSource;
  readonly #vrrp: VipSource;
  readonly #sheets: SheetTable;
  #settings: MetricsSettings;
  #running = false;
  #thread: ScrapeThread | undefined;
  #handlers: Scope | undefined;

  constructor(
    @inject(Kernel) kernel: Kernel,
    @inject(EventHandlerRegistry) eventhandler: EventHandlerRegistry,
    @inject(Sysctl) sysctl: Sysctl,
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
    @inject(Scope) scope: Scope,
    @inject(SETTINGS) settings: MetricsSettings,
  ) {
    this.#kernel = kernel;
    this.#eventhandler = eventhandler;
    this.#clock = clock;
    this.#log = log;
    this.#scope = scope;
    this.#settings = settings;
    this.registry = new MetricRegistry(log);
    this.#sheets = new SheetTable(this.registry, log);
    const vips = (protocol: string) => this.#vip?.list().filter((vip) => vip.protocol === protocol) ?? [];
    const demotions = () => this.#vip?.demotion.status() ?? [];
    this.#carp = new VipSource({
      protocol: 'carp',
      label: 'vhid',
      clock,
      vips: () => vips('carp'),
      demotions,
    });
    this.#vrrp = new VipSource({
      protocol: 'vrrp',
      label: 'router',
      clock,
      vips: () => vips('vrrp'),
      priorities: true,
    });
    this.registry.addSource(this.#carp);
    this.registry.addSource(this.#vrrp);
    this.registry.addSource(new SysctlSource(sysctl));
  }

  /** @throws CarpetError EADDRINUSE when another program listens there */
  async start(): Promise<void> {
    const own = new MetricMaker(this.registry, this.#scope);
    addEventLoop(own, this.#scope);
    addProcess(own, this.#clock.wallTime() / 1000 - process.uptime());
    registerMetricsVerbs(this.#scope, (format) => this.registry.render(format));
    const { listen, ...settings } = this.#settings;
    const { standby } = this.#kernel.succession;
    await this.reconfigure(standby ? settings : this.#settings);
    this.#running = true;
    if (standby) this.#settings = { ...settings, ...(listen !== undefined && { listen }) };
  }

  /** The port passes from the predecessor to us as soon as it has closed it. */
  @EventHandler('succession_event')
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'begun') void this.#scope.spawn('metrics port', () => this.#listenSoon());
    if (phase !== 'given' || this.#thread === undefined) return;
    void this.#scope.release(this.#thread);
    this.#thread = undefined;
  }

  /** The new port is opened before the old one is closed, so that a mistake changes nothing. */
  async reconfigure(settings: MetricsSettings): Promise<void> {
    const thread = this.#thread;
    if (!this.#running || settings.listen !== this.#settings.listen) {
      this.#thread = await this.#listen(settings.listen);
      if (thread !== undefined) await this.#scope.release(thread);
    }
    await this.#measureHandlers(settings.handlers);
    this.#settings = settings;
  }

  changes({ listen, handlers }: MetricsSettings): string[] {
    const before = this.#settings;
    return [
      ...(listen === before.listen ? [] : [`listen ${before.listen ?? 'nowhere'} -> ${listen ?? 'nowhere'}`]),
      ...(handlers === before.handlers ? [] : [`handlers ${before.handlers} -> ${handlers}`]),
    ];
  }

  // ---- for modules in other address spaces; see Publisher

  /** Gives a module a sheet of its own. @returns its key; disposing of it erases the sheet */
  openSheet(): { readonly key: string } & Disposable {
    return this.#sheets.open();
  }

  /** @throws CarpetError ENOENT for an unknown key; as {@link Sheet.write} */
  writeSheet(key: string, family: unknown): void {
    this.#sheets.find(key).write(family);
  }

  /** @throws CarpetError ENOENT for an unknown key */
  eraseFromSheet(key: string, name: string): void {
    this.#sheets.find(key).erase(name);
  }

  // ---- event handlers

  @EventHandler('carp_state_event', EVENTHANDLER_PRI_LAST)
  @EventHandler('vrrp_state_event', EVENTHANDLER_PRI_LAST)
  onState(vip: Vip, change: VipStateChange): void {
    this.#sourceOf(vip).changed(vip, change);
  }

  @EventHandler('carp_heard_event')
  @EventHandler('vrrp_heard_event')
  onHeard(vip: Vip, peer: InetAddress, interval: number): void {
    this.#sourceOf(vip).heard(vip, peer, interval);
  }

  @EventHandler('carp_advertise_event')
  @EventHandler('vrrp_advertise_event')
  onAdvertise(vip: Vip, late: number): void {
    this.#sourceOf(vip).advertised(late);
  }

  // ---- details

  async #listen(listen: string | undefined): Promise<ScrapeThread | undefined> {
    const address = listen === undefined ? undefined : parseListen(listen);
    if (address === undefined) return undefined;
    const thread = await ScrapeThread.listen(address, {
      clock: this.#clock,
      log: this.#log,
      render: (format) => this.registry.render(format),
    });
    this.#log.info(`http://${listen}/metrics`);
    return this.#scope.own(thread);
  }

  async #listenSoon(): Promise<void> {
    for (let tries = 0; this.#thread === undefined; tries++) {
      try {
        this.#thread = await this.#listen(this.#settings.listen);
        return;
      } catch (error) {
        if (tries >= MAX_TRIES) return this.#log.error(describe(error));
        await this.#scope.sleep(RETRY_MS);
      }
    }
  }

  async #measureHandlers(wanted: boolean): Promise<void> {
    if (wanted === (this.#handlers !== undefined)) return;
    if (!wanted) {
      const scope = this.#handlers!;
      this.#handlers = undefined;
      return scope.close();
    }
    const scope = this.#scope.child('handlers');
    const times = new HandlerTimes(new MetricMaker(this.registry, scope), this.#clock);
    scope.own(this.#eventhandler.trace(times));
    this.#handlers = scope;
  }

  #sourceOf({ protocol }: Vip): VipSource {
    return protocol === 'vrrp' ? this.#vrrp : this.#carp;
  }

  get #vip(): VipModule | undefined {
    const loaded = this.#kernel.modules().some(({ name, state }) => name === 'vip' && state === 'loaded');
    return loaded ? this.#kernel.get(VipModule) : undefined;
  }
}
