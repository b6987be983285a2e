/**
 * Maintenance: a host leaves on purpose, and stays away until it is told to come back.
 *
 * Order of a drain: it is written to the store; the handlers of the protocol's event are awaited, so that services leave
 * before the address does; the ledger gets a line of 240, which preempting peers act on; what is still MASTER hands over
 * (hand-over.ts). A drained host is not out of the election: if its peers die it serves. Until that is done there is no
 * upgrade: the new process would drain without those who wait for it.
 *
 * Known limit: a BACKUP is silent, so nothing is known of a peer that was never heard. `force` says that there is one. A
 * MASTER that no peer relieves goes on serving in any case.
 *
 * @module
 */
import { describe, type Log, type Scope, type StateStore, type Succession } from '../../../core/index.js';
import type { DemotionLedger } from '../demotion/ledger.js';
import { VipError } from '../errors.js';
import type { VipState } from '../state.js';
import type { Vip } from '../vip.js';
import { Drains } from './drains.js';
import { HandOvers, type LeavingVhid } from './hand-over.js';

/** Longer than any hand-over takes. */
const HAND_OVER_MS = 10_000;
/** A disk that takes longer to write a line hangs. */
const KEEP_MS = 2000;

/** A vhid as maintenance sees it. */
export interface MaintainedVip extends Vip, LeavingVhid {
  /** When an authentic advertisement of a peer last came, on the kernel's clock in ms. */
  readonly lastHeard: number | undefined;
}

/** What is drained, and how. */
export interface DrainOptions {
  /** A vhid's name, `1@eth0`; default: all, also those that are made later. */
  readonly vhid?: string | undefined;
  /** For the status and the log. */
  readonly reason?: string | undefined;
  /** Although no peer was heard. */
  readonly force?: boolean | undefined;
}

/** What became of a vhid. */
export interface Drained {
  readonly name: string;
  readonly state: VipState;
  /** False: a restart of this process undoes it, since what is drained could not be written to the store. */
  readonly kept?: false;
}

/** A list whose handlers are awaited: `carp_drain_event`. */
export interface AwaitedEvent<Args extends readonly unknown[]> {
  readonly name: string;
  invoke(signal: AbortSignal, ...args: Args): Promise<void>;
}

/** What maintenance needs. */
export interface MaintenanceNeeds<V extends MaintainedVip> {
  /** The module of the protocol, `carp`. */
  readonly protocol: string;
  readonly scope: Scope;
  readonly store: StateStore;
  readonly log: Log;
  readonly demotion: DemotionLedger;
  /** How long handlers are waited for, in ms, with the sysctl that says so. */
  readonly patience: { readonly name: string; readonly value: number };
  readonly draining: AwaitedEvent<[vhids: readonly V[], reason: string]>;
  readonly undraining: AwaitedEvent<[vhids: readonly V[]]>;
  readonly succession: Pick<Succession, 'hold'>;
  readonly vhids: () => readonly V[];
}

/** Drains this host or some of its vhids, and brings them back. */
export class Maintenance<V extends MaintainedVip> {
  readonly #needs: MaintenanceNeeds<V>;
  readonly #drains: Drains;
  readonly #handOvers: HandOvers;
  #busy = false;
  /** Handlers that have not ended. */
  #running: { readonly done: Promise<void>; readonly abort: AbortController } | undefined;

  constructor(needs: MaintenanceNeeds<V>) {
    this.#needs = needs;
    this.#drains = new Drains(needs.demotion, needs.store, `${needs.protocol}-drain`, needs.scope.clock);
    this.#handOvers = new HandOvers(needs.scope);
  }

  /** Before there are vhids: goes on with what was drained when the host went down. */
  restore(): void {
    this.#drains.restore();
  }

  /** A vhid heard another MASTER. @returns whether it hands over to that one */
  heard(vhid: MaintainedVip): boolean {
    return this.#handOvers.heard(vhid);
  }

  /** A vhid changed its state, or was removed. */
  changed(vhid: MaintainedVip): void {
    this.#handOvers.changed(vhid);
  }

  /**
   * Leaves: awaits the handlers of its event, demotes, hands over. Lasts until {@link undrain}, through restarts.
   * A MASTER that no peer relieves stays MASTER, and yields to the first peer that it hears.
   *
   * @throws VipError ENOENT for a vhid that is not there; ENOPEER if a MASTER has heard no peer, without `force`; EBUSY
   */
  async drain({ vhid, reason = 'maintenance', force = false }: DrainOptions = {}): Promise<Drained[]> {
    const chosen = this.#choose(vhid);
    if (!force) assertPeers(chosen);
    const { draining, scope } = this.#needs;
    return this.#alone('this host is being drained', async () => {
      const name = vhid ?? null;
      const kept = this.#drains.announce(name, reason);
      await this.#tell(draining.name, (signal) => draining.invoke(signal, chosen, reason));
      this.#drains.enter(name, reason);
      // Settings may have been applied meanwhile.
      const leaving = this.#matching(vhid);
      const masters = leaving.filter(({ state }) => state === 'MASTER');
      const left = await scope.timeout('hand-over', HAND_OVER_MS, () =>
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
    const chosen = this.#choose(vhid);
    const name = vhid ?? null;
    if (name === null ? this.#drains.size === 0 : !this.#drains.has(name))
      throw notDrained(this.#needs.protocol, name, this.#drains);
    const { undraining } = this.#needs;
    return this.#alone('this host is being undrained', async () => {
      await this.#tell(undraining.name, (signal) => undraining.invoke(signal, chosen));
      const kept = this.#drains.strike(name);
      return outcomes(chosen, await this.#isKept(kept, 'in service again'));
    });
  }

  #choose(name: string | undefined): readonly V[] {
    const found = this.#matching(name);
    if (found.length > 0 || name === undefined) return found;
    const names = this.#needs.vhids().map((each) => each.name);
    throw new VipError('ENOENT', `there is no vhid ${name}; there are: ${names.join(', ') || 'none'}`);
  }

  #matching(name: string | undefined): readonly V[] {
    return this.#needs.vhids().filter((vhid) => name === undefined || vhid.name === name);
  }

  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy)
      throw new VipError(
        'EBUSY',
        `${this.#needs.protocol}: this host is being drained or undrained: wait for that`,
      );
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
  async #tell(event: string, invoke: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#endFormer(event);
    const abort = new AbortController();
    const done = invoke(abort.signal)
      .catch((error: unknown) => {
        if (!abort.signal.aborted) this.#needs.log.warning(`${describe(error)}: goes on without the others`);
      })
      .finally(() => {
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
        `this host is ${what}, but that could not be written to the state folder: a restart of this process undoes it`,
      );
    return kept;
  }

  #warn({ name }: Pick<Vip, 'name'>): void {
    this.#needs.log.warning(
      `${name}: drained, but no peer took over: this host serves until it hears one; is a peer up, with the same password and addresses?`,
    );
  }
}

function outcomes(vhids: readonly Vip[], kept: boolean): Drained[] {
  return vhids.map(({ name, state }) => ({ name, state, ...(!kept && { kept }) }));
}

/** @throws VipError ENOPEER */
function assertPeers(vhids: readonly MaintainedVip[]): void {
  const alone = vhids.filter(({ state, lastHeard }) => state === 'MASTER' && lastHeard === undefined);
  if (alone.length === 0) return;
  throw new VipError(
    'ENOPEER',
    `${alone.map(({ name }) => name).join(', ')}: no peer was heard since this process started, and a BACKUP is silent: if there is one that can take over, say --force`,
  );
}

function notDrained(protocol: string, vhid: string | null, drains: Drains): VipError {
  if (vhid === null) return new VipError('ENOENT', `${protocol}: this host is not drained`);
  const hint = drains.has(null) ? ': the whole host is, so leave the vhid out' : '';
  return new VipError('ENOENT', `${protocol} ${vhid}: is not drained by itself${hint}`);
}
