/**
 * Maintenance: a host leaves on purpose, and stays away until it is told to come back.
 *
 * Order of a drain: it is written to the store; the handlers of carp_drain_event are awaited, so that services leave
 * before the address does; the ledger gets a line of 240, which preempting peers act on; what is still MASTER hands over
 * (hand-over.ts). A drained host is not out of the election: if its peers die it serves. Until that is done there is no
 * upgrade: the new process would drain without those who wait for it.
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
import { type DemotionLedger } from '../../vip/index.js';
import { CarpError } from '../errors.js';
import type { CarpState } from '../state.js';
import type { CarpTunables } from '../tunables.js';
import type { CarpVhid } from '../vhid.js';
import { Drains } from './drains.js';
import { HandOvers, type LeavingVhid } from './hand-over.js';

/** Longer than any hand-over takes. */
const HAND_OVER_MS = 10_000;

/** A vhid as maintenance sees it. */
export interface MaintainedVhid extends CarpVhid, LeavingVhid {
  /** When an authentic advertisement of a peer last came, on the kernel's clock in ms. */
  readonly lastHeard: number | undefined;
  readonly settings: CarpVhid['settings'];
}

/** What is drained, and how. */
export interface CarpDrainOptions {
  /** A vhid's name, `1@eth0`; default: all, also those that are made later. */
  readonly vhid?: string | undefined;
  /** For the status and the log. */
  readonly reason?: string | undefined;
  /** Although no peer was heard. */
  readonly force?: boolean | undefined;
}

/** What became of a vhid. */
export interface CarpDrained {
  readonly name: string;
  readonly state: CarpState;
}

/** What maintenance needs. */
export interface CarpMaintenanceNeeds {
  readonly scope: Scope;
  readonly store: StateStore;
  readonly log: Log;
  readonly eventhandler: EventHandlerRegistry;
  readonly demotion: DemotionLedger;
  readonly tunables: Pick<CarpTunables, 'drainTimeout'>;
  readonly succession: Pick<Succession, 'hold'>;
  readonly vhids: () => readonly MaintainedVhid[];
}

/** Drains this host or some of its vhids, and brings them back. */
export class CarpMaintenance {
  readonly #needs: CarpMaintenanceNeeds;
  readonly #drains: Drains;
  readonly #handOvers: HandOvers;
  #busy = false;
  /** Handlers that have not ended. */
  #running: Promise<void> | undefined;

  constructor(needs: CarpMaintenanceNeeds) {
    this.#needs = needs;
    this.#drains = new Drains(needs.demotion, needs.store, needs.scope.clock);
    this.#handOvers = new HandOvers(needs.scope);
  }

  /** Before there are vhids: goes on with what was drained when the host went down. */
  restore(): void {
    this.#drains.restore();
  }

  /** A vhid heard another MASTER. @returns whether it hands over to that one */
  heard(vhid: MaintainedVhid): boolean {
    return this.#handOvers.heard(vhid);
  }

  /** A vhid changed its state, or was removed. */
  changed(vhid: MaintainedVhid): void {
    this.#handOvers.changed(vhid);
  }

  /**
   * Leaves: awaits the handlers of carp_drain_event, demotes, hands over. Lasts until {@link undrain}, through restarts.
   * A MASTER that no peer relieves stays MASTER, and yields to the first peer that it hears.
   *
   * @throws CarpError ENOENT for a vhid that is not there; ENOPEER if a MASTER has heard no peer, without `force`; EBUSY
   */
  async drain({
    vhid,
    reason = 'maintenance',
    force = false,
  }: CarpDrainOptions = {}): Promise<CarpDrained[]> {
    const chosen = this.#choose(vhid);
    if (!force) assertPeers(chosen);
    const { eventhandler, scope } = this.#needs;
    return this.#alone('this host is being drained', async () => {
      const name = vhid ?? null;
      this.#drains.announce(name, reason);
      await this.#tell('carp_drain_event', () =>
        eventhandler.invokeAsync('carp_drain_event', chosen, reason),
      );
      this.#drains.enter(name, reason);
      // Settings may have been applied meanwhile.
      const leaving = this.#matching(vhid);
      const masters = leaving.filter(({ state }) => state === 'MASTER');
      const left = await scope.timeout('hand-over', HAND_OVER_MS, () =>
        Promise.all(masters.map((each) => this.#handOvers.leave(each))),
      );
      for (const [i, each] of masters.entries()) if (!left[i]) this.#warn(each);
      return leaving.map(({ name: of, state }) => ({ name: of, state }));
    });
  }

  /**
   * Comes back: awaits the handlers of carp_undrain_event, then takes the demotion away.
   * @throws CarpError ENOENT if it is not drained, EBUSY
   */
  async undrain({ vhid }: Pick<CarpDrainOptions, 'vhid'> = {}): Promise<CarpDrained[]> {
    const chosen = this.#choose(vhid);
    const name = vhid ?? null;
    if (name === null ? this.#drains.size === 0 : !this.#drains.has(name))
      throw notDrained(name, this.#drains);
    const { eventhandler } = this.#needs;
    return this.#alone('this host is being undrained', async () => {
      await this.#tell('carp_undrain_event', () => eventhandler.invokeAsync('carp_undrain_event', chosen));
      this.#drains.strike(name);
      return chosen.map(({ name: of, state }) => ({ name: of, state }));
    });
  }

  #choose(name: string | undefined): readonly MaintainedVhid[] {
    const found = this.#matching(name);
    if (found.length > 0 || name === undefined) return found;
    const names = this.#needs.vhids().map((each) => each.name);
    throw new CarpError('ENOENT', `there is no vhid ${name}; there are: ${names.join(', ') || 'none'}`);
  }

  #matching(name: string | undefined): readonly MaintainedVhid[] {
    return this.#needs.vhids().filter((vhid) => name === undefined || vhid.name === name);
  }

  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy)
      throw new CarpError('EBUSY', 'carp: this host is being drained or undrained: wait for that');
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
  async #tell(event: string, invoke: () => Promise<void>): Promise<void> {
    if (this.#running !== undefined) await this.#wait(`former handlers, before ${event},`, this.#running);
    const running = invoke()
      .catch((error: unknown) => this.#needs.log.warning(`${describe(error)}: goes on without the others`))
      .finally(() => {
        if (this.#running === running) this.#running = undefined;
      });
    this.#running = running;
    await this.#wait(`handlers of ${event}`, running);
  }

  async #wait(what: string, running: Promise<void>): Promise<void> {
    const { scope, tunables, log } = this.#needs;
    try {
      await scope.timeout(what, tunables.drainTimeout.value, () => running);
    } catch (error) {
      if ((error as CarpError).code !== 'ETIMEDOUT') throw error;
      log.warning(`${(error as Error).message}: goes on without them (net.inet.carp.drain_timeout)`);
    }
  }

  #warn({ name }: CarpVhid): void {
    this.#needs.log.warning(
      `${name}: drained, but no peer took over: this host serves until it hears one; is a peer up, with the same password and addresses?`,
    );
  }
}

/** @throws CarpError ENOPEER */
function assertPeers(vhids: readonly MaintainedVhid[]): void {
  const alone = vhids.filter(({ state, lastHeard }) => state === 'MASTER' && lastHeard === undefined);
  if (alone.length === 0) return;
  throw new CarpError(
    'ENOPEER',
    `${alone.map(({ name }) => name).join(', ')}: no peer was heard since this process started, and a BACKUP is silent: if there is one that can take over, say --force`,
  );
}

function notDrained(vhid: string | null, drains: Drains): CarpError {
  if (vhid === null) return new CarpError('ENOENT', 'carp: this host is not drained');
  const hint = drains.has(null) ? ': the whole host is, so leave the vhid out' : '';
  return new CarpError('ENOENT', `carp ${vhid}: is not drained by itself${hint}`);
}
