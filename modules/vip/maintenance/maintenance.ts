/**
 * Maintenance: a host leaves on purpose, and stays away until it is told to come back.
 *
 * Order of a drain, of all protocols' virtual hosts or of one: it is written to the store; the handlers of vip_drain_event
 * and of the protocols' own lists are awaited, so that services leave before the address does; the ledger gets a line of
 * 240, which preempting peers act on; what is still MASTER hands over (hand-over.ts). A drained host is not out of the
 * election: if its peers die it serves. Until that is done there is no upgrade: the new process would drain without those
 * who wait for it.
 *
 * Known limit: a BACKUP is silent, so nothing is known of a peer that was never heard. `force` says that there is one. A
 * MASTER that no peer relieves goes on serving in any case.
 *
 * @module
 */
import {
  describe,
  type EventHandlerRegistry,
  type Log,
  type Scope,
  type StateStore,
  type Succession,
} from '../../../core/index.js';
import type { DemotionLedger } from '../demotion/ledger.js';
import { VipError } from '../errors.js';
import type { VipState } from '../state.js';
import type { Successor, Vip } from '../vip.js';
import { Drains } from './drains.js';
import { HandOvers, type LeavingVip } from './hand-over.js';
import type { MaintainedProtocol, MaintainedVip } from './maintained.js';

/** A hand-over that takes so many ms longer than it can has gone wrong. */
const HAND_OVER_SLACK_MS = 5000;
/** Where the store has it; the name is of before VRRP. */
const STORED = 'carp-drain';
/** A disk that takes longer to write a line hangs. */
const KEEP_MS = 2000;

/** What is drained, and how. */
export interface DrainOptions {
  /**
   * The name of a virtual host, `1@eth0`, with which its failover group leaves; default: all of this host, also those that are
   * made later.
   */
  readonly vhid?: string | undefined;
  /** For the status and the log. */
  readonly reason?: string | undefined;
  /** Although no peer is known that could take over. */
  readonly force?: boolean | undefined;
}

/** What became of a virtual host. */
export interface Drained {
  readonly name: string;
  readonly state: VipState;
  /** False: a restart of this process undoes it, since what is drained could not be written to the store. */
  readonly kept?: false;
}

/** What maintenance needs. */
export interface MaintenanceNeeds {
  readonly scope: Scope;
  readonly store: StateStore;
  readonly log: Log;
  readonly eventhandler: Pick<EventHandlerRegistry, 'invokeUntil'>;
  readonly demotion: DemotionLedger;
  /** How long handlers are waited for, in ms, with the sysctl that says so. */
  readonly patience: { readonly name: string; readonly value: number };
  readonly succession: Pick<Succession, 'hold'>;
  /** Those that take part. */
  readonly protocols: () => readonly MaintainedProtocol[];
}

/** Drains this host or one of its virtual hosts, and brings them back. */
export class Maintenance {
  readonly #needs: MaintenanceNeeds;
  readonly #drains: Drains;
  readonly #handOvers: HandOvers;
  #busy = false;
  /** Handlers that have not ended. */
  #running: { readonly done: Promise<void>; readonly abort: AbortController } | undefined;

  constructor(needs: MaintenanceNeeds) {
    this.#needs = needs;
    this.#drains = new Drains(needs.demotion, needs.store, STORED, needs.scope.clock);
    this.#handOvers = new HandOvers(needs.scope);
  }

  /** Before there are virtual hosts: goes on with what was drained when the host went down. */
  restore(): void {
    this.#drains.restore();
  }

  /** A virtual host heard another MASTER. @returns whether it hands over to that one, and must not judge it */
  heard(vip: LeavingVip): boolean {
    return this.#handOvers.heard(vip);
  }

  /** A virtual host changed its state, or was removed. */
  changed(vip: LeavingVip): void {
    this.#handOvers.changed(vip);
  }

  /** Its module leaves it as it is to a successor: a drain that waits for it fails. */
  abandon(vip: LeavingVip): void {
    this.#handOvers.abandon(vip);
  }

  /**
   * Leaves: awaits the handlers of its event, demotes, hands over. Lasts until {@link undrain}, through restarts.
   * A MASTER that no peer relieves stays MASTER, and yields to the first peer that it hears.
   *
   * @throws VipError ENOENT for one that is not there; ENOPEER if a MASTER knows of no peer, without `force`; EBUSY; ECLOSED
   *   if a module ended meanwhile
   */
  async drain({ vhid, reason = 'maintenance', force = false }: DrainOptions = {}): Promise<Drained[]> {
    const chosen = this.#choose(vhid);
    if (!force) assertPeers(chosen);
    return this.#alone('this host is being drained', async () => {
      const names = vhid === undefined ? null : chosen.map(({ name }) => name);
      const kept = this.#drains.announce(names, reason);
      await this.#tell('vip_drain_event', (signal) => this.#leaving(signal, chosen, reason));
      this.#drains.enter(names, reason);
      // Settings may have been applied meanwhile.
      const leaving = this.#matching(vhid);
      const masters = leaving.filter(({ state }) => state === 'MASTER');
      const longest = HandOvers.longest(masters) + HAND_OVER_SLACK_MS;
      const left = await this.#needs.scope.timeout('hand-over', longest, () =>
        Promise.all(masters.map((each) => this.#handOvers.leave(each))),
      );
      for (const [i, each] of masters.entries()) if (!left[i]) this.#warn(each);
      return outcomes(leaving, await this.#isKept(kept, 'drained'));
    });
  }

  /**
   * Comes back: awaits the handlers of its event, then takes the demotion away.
   * @throws VipError ENOENT if it is not drained, EBUSY
   */
  async undrain({ vhid }: Pick<DrainOptions, 'vhid'> = {}): Promise<Drained[]> {
    const drained = this.#drained(vhid);
    return this.#alone('this host is being undrained', async () => {
      await this.#tell('vip_undrain_event', (signal) => this.#returning(signal, drained));
      const kept = this.#drains.strike(vhid ?? null);
      return outcomes(drained, await this.#isKept(kept, 'in service again'));
    });
  }

  #choose(name: string | undefined): readonly MaintainedVip[] {
    const found = this.#matching(name);
    if (found.length > 0 || name === undefined) return found;
    const names = this.#matching(undefined).map((each) => each.name);
    throw new VipError('ENOENT', `there is no vhid ${name}; there are: ${names.join(', ') || 'none'}`);
  }

  /** All of this host, or what is drained with one, which may be gone. @throws VipError ENOENT */
  #drained(name: string | undefined): readonly MaintainedVip[] {
    const all = this.#matching(undefined);
    if (name === undefined) {
      if (this.#drains.size === 0) throw new VipError('ENOENT', 'this host is not drained');
      return all;
    }
    const names = this.#drains.with(name);
    if (names.length > 0) return all.filter((each) => names.includes(each.name));
    this.#choose(name);
    const hint = this.#drains.host ? ': the whole host is, so leave the name out' : '';
    throw new VipError('ENOENT', `${name}: is not drained by itself${hint}`);
  }

  /** With one, those that fail over with it: a group of which a part is drained would be taken back by the rest, and so on. */
  #matching(name: string | undefined): readonly MaintainedVip[] {
    const all = this.#needs.protocols().flatMap((protocol) => protocol.vips());
    if (name === undefined) return all;
    const group = all.find((vip) => vip.name === name)?.settings.failoverGroup;
    return all.filter(
      (vip) => vip.name === name || (group !== undefined && vip.settings.failoverGroup === group),
    );
  }

  /** The general list and those of the protocols are told at once. */
  #leaving(signal: AbortSignal, vips: readonly MaintainedVip[], reason: string): Promise<void>[] {
    return [
      this.#needs.eventhandler.invokeUntil(signal, 'vip_drain_event', vips, reason),
      ...this.#shares(vips).flatMap(([protocol, own]) => protocol.leaving?.(signal, own, reason) ?? []),
    ];
  }

  #returning(signal: AbortSignal, vips: readonly MaintainedVip[]): Promise<void>[] {
    return [
      this.#needs.eventhandler.invokeUntil(signal, 'vip_undrain_event', vips),
      ...this.#shares(vips).flatMap(([protocol, own]) => protocol.returning?.(signal, own) ?? []),
    ];
  }

  /** Each protocol that has some of these, with them. */
  #shares(vips: readonly MaintainedVip[]): [MaintainedProtocol, readonly MaintainedVip[]][] {
    return this.#needs
      .protocols()
      .map((protocol): [MaintainedProtocol, readonly MaintainedVip[]] => {
        const own = new Set(protocol.vips());
        return [protocol, vips.filter((vip) => own.has(vip))];
      })
      .filter(([, own]) => own.length > 0);
  }

  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw new VipError('EBUSY', 'this host is being drained or undrained: wait for that');
    using _hold = this.#needs.succession.hold(what);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Handlers that take too long are left behind: a service that hangs must not keep the host. Those of the next event wait
   * for them, as long as for their own: else a service that was late to stop would be stopped after it was started.
   */
  async #tell(event: string, invoke: (signal: AbortSignal) => Promise<void>[]): Promise<void> {
    await this.#endFormer(event);
    const abort = new AbortController();
    const failed = (error: unknown): void => {
      if (!abort.signal.aborted) this.#needs.log.warning(`${describe(error)}: goes on without the others`);
    };
    const done = Promise.all(invoke(abort.signal).map((told) => told.catch(failed))).then(() => {
      if (this.#running === running) this.#running = undefined;
    });
    const running = { done, abort };
    this.#running = running;
    await this.#wait(`handlers of ${event}`, done);
  }

  /** Those that have not been called by then are not called any more. */
  async #endFormer(event: string): Promise<void> {
    if (this.#running === undefined) return;
    await this.#wait(`former handlers, before ${event},`, this.#running.done);
    this.#running?.abort.abort();
    this.#running = undefined;
  }

  async #wait(what: string, running: Promise<void>): Promise<void> {
    const { scope, patience, log } = this.#needs;
    try {
      await scope.timeout(what, patience.value, () => running);
    } catch (error) {
      if ((error as VipError).code !== 'ETIMEDOUT') throw error;
      log.warning(`${(error as Error).message}: goes on without them (${patience.name})`);
    }
  }

  /** Whether the store has it; the disk must not keep the operator waiting. */
  async #isKept(writing: Promise<boolean>, what: string): Promise<boolean> {
    const { scope, log } = this.#needs;
    const kept = await scope.timeout('the state folder', KEEP_MS, () => writing).catch(() => false);
    if (!kept)
      log.warning(
        `this host is ${what}, but a restart of this process undoes it: there is no state folder that can be written (--state-dir)`,
      );
    return kept;
  }

  #warn({ name }: Pick<Vip, 'name'>): void {
    this.#needs.log.warning(
      `${name}: drained, but no peer took over: this host serves until it hears one, or is drained once more; is a peer up, with the same password and addresses?`,
    );
  }
}

function outcomes(vhids: readonly Vip[], kept: boolean): Drained[] {
  return vhids.map(({ name, state }) => ({ name, state, ...(!kept && { kept }) }));
}

/** @throws VipError ENOPEER */
function assertPeers(vips: readonly MaintainedVip[]): void {
  const masters = vips.filter(({ state }) => state === 'MASTER');
  const named = (successor: Successor) =>
    masters.filter((vip) => vip.successor === successor).map(({ name }) => name);
  const [unheard, left] = [named('unheard'), named('left')];
  const told = [
    ...(unheard.length > 0 ? [`${unheard.join(', ')}: no peer was heard since this process started`] : []),
    ...(left.length > 0 ? [`${left.join(', ')}: every peer that was heard has said that it stops`] : []),
  ];
  if (told.length === 0) return;
  throw new VipError(
    'ENOPEER',
    `${told.join('; ')}, and a BACKUP is silent: if there is one that can take over, say --force`,
  );
}
