/**
 * Hooks: programs that are told what becomes of vhids and virtual routers, in the forms of ucarp and keepalived, and as
 * JSON.
 *
 * Order: a handler of the protocols' state events, behind all others, only queues; each hook has a queue of its own and
 * runs one program at a time. A hook is told the present state of each vhid first, when it starts; after that, what
 * changes. The handlers of vip_drain_event wait for the programs, so that a script can stop a service before the address
 * leaves.
 *
 * @module
 */
import {
  changedMembers,
  describeChangedMembers,
  EventHandler,
  inject,
  type Json,
  Log,
  Module,
  type ModuleEnd,
  type ModuleLifecycle,
  optional,
  ownMember,
  Scope,
  SETTINGS,
  Succession,
  type SuccessionPhase,
} from '../../core/index.js';
import { type Vip, VipModule, type VipStateChange } from '../vip/index.js';
import { CalledHook, type HookSink, type HookStatus } from './hook.js';
import { type HookMessage, type HookNews, messageOf } from './message.js';
import { type HookSettings, type HooksConfig, hooksSchema } from './settings.js';
import { StreamHook } from './stream.js';
import { registerHooksVerbs } from './verbs.js';

/** Behind every other handler. */
const PRI_HOOKS = 20_001;

interface Running {
  readonly sink: HookSink;
  readonly settings: HookSettings;
  readonly scope: Scope;
  /** The state of each vhid that it was told last. */
  readonly told: WeakMap<Vip, string>;
}

/** The module `hooks`: programs that are told of changes of state. */
@Module({
  name: 'hooks',
  // With the protocols it ends before they leave, and can say so.
  depends: [VipModule, optional('carp'), optional('vrrp')],
  settings: hooksSchema,
})
export class HooksModule implements ModuleLifecycle {
  readonly #running = new Map<string, Running>();
  #config: HooksConfig;

  constructor(
    @inject(VipModule) private readonly vip: VipModule,
    @inject(Log) private readonly log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(Succession) private readonly succession: Succession,
    @inject(SETTINGS) settings: HooksConfig,
  ) {
    this.#config = settings;
  }

  start(): void {
    registerHooksVerbs(this.scope, this);
    for (const name of Object.keys(this.#config.hooks)) this.#start(name);
  }

  /** Those that want it are told that this is the end, and are waited for, unless another kernel or version goes on. */
  async stop(end: ModuleEnd): Promise<void> {
    if (end === 'replace' || this.succession.standby) return;
    const news = { event: 'stop', time: this.#now, state: 'STOP', reason: 'hooks end' } as const;
    await this.#tellAll(this.vip.list(), news);
    await Promise.all([...this.#running.values()].map(({ sink }) => sink.drained()));
  }

  /** Nothing to hand over: that a successor goes on is worth knowing at the end. */
  handover(): Json {
    return {};
  }

  /** Every hook is told the present state anew. */
  takeover(_nothing: Json): void {}

  /** Brings the hooks in line; one whose settings are the same goes on. */
  async reconfigure(config: HooksConfig): Promise<void> {
    const changed = changedMembers(this.#config.hooks, config.hooks);
    this.#config = config;
    for (const name of changed) {
      await this.#running.get(name)?.scope.close();
      this.#running.delete(name);
    }
    for (const name of changed) this.#start(name);
  }

  changes(config: HooksConfig): string[] {
    return describeChangedMembers(this.#config.hooks, config.hooks);
  }

  /** Every hook as it is. */
  list(): HookStatus[] {
    return [...this.#running.values()].map(({ sink }) => sink.status());
  }

  @EventHandler('carp_state_event', PRI_HOOKS)
  @EventHandler('vrrp_state_event', PRI_HOOKS)
  onState(vhid: Vip, { from, to, reason }: VipStateChange): void {
    if (vhid.state !== to) return; // a handler changed it again, and the hooks know that by now
    const news = { event: 'state', time: this.#now, state: to, from, reason } as const;
    for (const running of this.#concerned(vhid)) {
      if (running.told.get(vhid) === to) continue;
      running.told.set(vhid, to);
      void running.sink.tell(messageOf(vhid, news));
    }
  }

  @EventHandler('vip_drain_event')
  onDrain(vhids: readonly Vip[], reason: string): Promise<void> {
    return this.#tellAll(vhids, { event: 'drain', time: this.#now, state: 'DRAIN', reason });
  }

  @EventHandler('vip_undrain_event')
  onUndrain(vhids: readonly Vip[]): Promise<void> {
    return this.#tellAll(vhids, { event: 'undrain', time: this.#now, state: 'UNDRAIN', reason: 'undrain' });
  }

  /** The successor tells its hooks the present state: what runs or waits here would come after that. */
  @EventHandler('succession_event')
  onSuccession(phase: SuccessionPhase): void {
    if (phase !== 'given') return;
    for (const { scope } of this.#running.values()) void scope.close().catch(() => undefined);
  }

  get #now(): number {
    return this.scope.clock.wallTime();
  }

  *#concerned(vhid: Vip): Iterable<Running> {
    for (const running of this.#running.values())
      if (running.settings.vhids?.includes(vhid.name) !== false) yield running;
  }

  async #tellAll(vhids: readonly Vip[], news: HookNews): Promise<void> {
    const told = vhids.flatMap((vhid) =>
      [...this.#concerned(vhid)].map(({ sink }) => sink.tell(messageOf(vhid, news))),
    );
    await Promise.all(told);
  }

  #start(name: string): void {
    const settings = ownMember(this.#config.hooks, name);
    if (settings === undefined) return;
    const scope = this.scope.child(name);
    const told = new WeakMap<Vip, string>();
    const needs = { scope, clock: scope.clock, log: this.log };
    const present = (): HookMessage[] => this.#present(settings, told);
    if (settings.form === 'stream') {
      const sink = new StreamHook(name, settings, needs, present);
      this.#running.set(name, { sink, settings, scope, told });
      return sink.start();
    }
    const sink = new CalledHook(name, settings, needs);
    this.#running.set(name, { sink, settings, scope, told });
    for (const message of present()) void sink.tell(message);
  }

  /** In a successor that stands by nothing is true yet: the protocols report each vhid when they are at work. */
  #present({ vhids }: HookSettings, told: WeakMap<Vip, string>): HookMessage[] {
    if (this.succession.standby) return [];
    const concerned = this.vip.list().filter(({ name }) => vhids?.includes(name) !== false);
    return concerned.map((vhid) => {
      const { state } = vhid;
      told.set(vhid, state);
      return messageOf(vhid, { event: 'present', time: this.#now, state, reason: 'the present state' });
    });
  }
}
