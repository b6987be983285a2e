/**
 * Health: whether this host can do what the address is for. Each check looks again and again, and while it is not up it
 * demotes vhids and virtual routers, or stops them.
 *
 * Who points to whom: HealthModule has one Check per name, with a scope of its own; a Check has its Judge, which turns
 * results into a verdict, and its Effect, which has a line in the ledger of demotion. Probes run beside the event loop:
 * sockets, child processes, threads of the pool.
 *
 * Order at a verdict: the ledger, and with it the advertisement; then health_event; devctl's record comes last.
 *
 * @module
 */
import * as v from 'valibot';
import {
  changedMembers,
  describeChangedMembers,
  EVENTHANDLER_PRI_LAST,
  EventHandler,
  EventHandlerRegistry,
  inject,
  type Json,
  Keepsakes,
  Log,
  Module,
  type ModuleEnd,
  type ModuleLifecycle,
  ownMember,
  RANDOM,
  type Random,
  Scope,
  SETTINGS,
  Succession,
  type SuccessionPhase,
} from '../../core/index.js';
import { IfnetModule } from '../ifnet/index.js';
import { type Vip, VipModule, type VipState } from '../vip/index.js';
import { Check, type CheckState } from './check.js';
import { hostOf } from './kinds/builtin.js';
import { Disks } from './kinds/disks.js';
import { HostNames } from './kinds/host-names.js';
import { HealthKinds } from './kinds/registry.js';
import { type CheckSettings, type HealthConfig, healthSchema } from './settings.js';
import type { HealthStatus } from './status.js';
import { Stops } from './stops.js';
import { registerHealthVerbs } from './verbs.js';

const stateSchema = v.object({
  checks: v.record(
    v.string(),
    v.object({
      judge: v.object({
        verdict: v.picklist(['unknown', 'up', 'down']),
        since: v.number(),
        succeeds: v.boolean(),
        inARow: v.number(),
        goodSince: v.nullable(v.number()),
        wasUp: v.boolean(),
        hold: v.number(),
      }),
      last: v.string(),
      reason: v.string(),
      /** Older versions do not say. */
      begun: v.optional(v.boolean(), true),
    }),
  ),
  /** Which vhids are held in INIT; older versions do not say. */
  stopped: v.optional(v.array(v.string())),
});

interface Running {
  readonly check: Check;
  readonly scope: Scope;
}

/** The module `health`: checks that demote or stop vhids. */
@Module({
  name: 'health',
  depends: [VipModule, IfnetModule],
  settings: healthSchema,
  reload: 'after', // Two versions would both demote.
})
export class HealthModule implements ModuleLifecycle {
  /** The kinds that modules have added. */
  readonly kinds = new HealthKinds();
  readonly #names: HostNames;
  readonly #disks: Disks;
  readonly #running = new Map<string, Running>();
  readonly #stops: Stops;
  #config: HealthConfig;
  #inherited: v.InferOutput<typeof stateSchema> = { checks: {}, stopped: [] };

  constructor(
    @inject(VipModule) private readonly vip: VipModule,
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Log) private readonly log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(RANDOM) private readonly random: Random,
    @inject(Succession) private readonly succession: Succession,
    @inject(Keepsakes) keepsakes: Keepsakes,
    @inject(SETTINGS) settings: HealthConfig,
  ) {
    this.#config = settings;
    // What hangs does so on, whatever becomes of this module.
    this.#names = keepsakes.get(HostNames);
    this.#disks = keepsakes.get(Disks);
    this.#stops = new Stops(vip);
  }

  start(): void {
    registerHealthVerbs(this.scope, this);
    if (!this.succession.standby) this.#begin();
  }

  /** What is stopped or demoted stays so for a successor. */
  stop(end: ModuleEnd): void {
    if (end !== 'replace') return this.#names.keepOnly(new Set());
    this.#stops.give();
    for (const { check } of this.#running.values()) check.give();
  }

  /** Brings the checks in line with new settings; one whose settings are the same, or that is up, goes on. */
  async reconfigure(config: HealthConfig): Promise<void> {
    const changed = changedMembers(this.#config.checks, config.checks);
    this.#config = config;
    if (this.succession.standby) return;
    const former = new Map(changed.map((name) => [name, this.#running.get(name)?.check]));
    const states = new Map([...former].map(([name, check]) => [name, check?.capture()]));
    for (const [name, check] of former) {
      if (ownMember(config.checks, name) !== undefined) check?.makeWay();
      await this.#stop(name);
    }
    for (const [name, check] of former)
      this.#start(name, ifUp(states.get(name), ownMember(config.checks, name)), check);
    this.#forgetNames();
  }

  changes(config: HealthConfig): string[] {
    return describeChangedMembers(this.#config.checks, config.checks);
  }

  handover(): Json {
    const checks = [...this.#running].map(([name, { check }]) => [name, check.capture()] as const);
    return { checks: Object.fromEntries(checks), stopped: this.#stops.capture() } as unknown as Json;
  }

  takeover(state: Json): void {
    this.#inherited = v.parse(stateSchema, state);
  }

  /** Every check as it is. */
  list(): HealthStatus[] {
    return [...this.#running.values()].map(({ check }) => check.status());
  }

  @EventHandler('succession_event', EVENTHANDLER_PRI_LAST)
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'begun') this.#begin();
  }

  /** Behind all others: they have seen the state that it had. */
  @EventHandler('carp_state_event', EVENTHANDLER_PRI_LAST)
  @EventHandler('vrrp_state_event', EVENTHANDLER_PRI_LAST)
  onState(vhid: Vip): void {
    this.#stops.follow(vhid);
  }

  @EventHandler('vip_command_event')
  onCommand(vhid: Vip, state: VipState): void {
    this.#stops.commanded(vhid, state);
  }

  #begin(): void {
    const { checks, stopped } = this.#inherited;
    this.#stops.adopt(stopped ?? []);
    for (const name of Object.keys(this.#config.checks)) this.#start(name, ownMember(checks, name));
    if (stopped === undefined) this.#stops.assume();
    // Those of checks that there are no more.
    this.#stops.review();
    this.vip.demotion.settle(this.scope.name);
    this.#inherited = { checks: {}, stopped: [] };
    this.#forgetNames();
  }

  /** Those of former checks: the kernel keeps what was found, for a reload of this module. */
  #forgetNames(): void {
    const hosts = Object.values(this.#config.checks).flatMap((check) => hostOf(check) ?? []);
    this.#names.keepOnly(new Set(hosts));
  }

  #start(name: string, state?: CheckState, former?: Check): void {
    const settings = ownMember(this.#config.checks, name);
    if (settings === undefined) return;
    const { vip, ifnet, log, random, kinds, eventhandler } = this;
    const scope = this.scope.child(name);
    const needs = {
      vip,
      ifnet,
      log,
      random,
      kinds,
      names: this.#names,
      disks: this.#disks,
      scope,
      owner: this.scope,
      clock: scope.clock,
      stops: this.#stops,
      changed: (status: HealthStatus) => eventhandler.invoke('health_event', status),
    };
    const check = new Check(name, settings, needs, former);
    this.#running.set(name, { check, scope });
    check.start(state);
  }

  async #stop(name: string): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    await running?.scope.close();
  }
}

/**
 * What a check goes on with when its settings have changed. One that is up must not demote its vhids until the next result:
 * that moves the address to a peer and back. One that is down begins anew, since the change may be what mends it.
 */
function ifUp(state?: CheckState, settings?: CheckSettings): CheckState | undefined {
  if (state?.judge.verdict !== 'up' || settings === undefined) return undefined;
  return { ...state, judge: { ...state.judge, hold: settings.hold } };
}
