import type { Callout } from '../../../core/time/index.js';
import type { InetPrefix } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import type { VipServiceState } from '../handover/schema.js';
import type { VipServiceOwner } from './owner.js';

/** The virtual host whose addresses are announced. */
export type AnnouncerOwner = Pick<VipServiceOwner, 'name' | 'state' | 'settings' | 'ifp' | 'servedLladdr'>;

type AnnouncerNeeds = Pick<VipContext, 'clock' | 'peers' | 'protocol'>;

/**
 * After a contest. A ucarp that yields says so and then announces itself once more: our answer to its word may overtake that.
 */
const CONTESTED = { garpCount: 2, garpInterval: 100 } as const;

/** Announces the addresses of a MASTER to the neighbours, and again every `garpRefresh` ms. */
export class Announcer implements Disposable {
  readonly #vhid: AnnouncerOwner;
  readonly #served: () => readonly InetPrefix[];
  readonly #context: AnnouncerNeeds;
  /** Made when it is first armed: never on a BACKUP. */
  #refresh: Callout | undefined;
  #current: Disposable | undefined;
  /** An announcement after a contest is owed or under way: the addresses may not be in place yet. */
  #contested = false;

  /** @param served the addresses to announce: those in place */
  constructor(vhid: AnnouncerOwner, served: () => readonly InetPrefix[], context: AnnouncerNeeds) {
    this.#vhid = vhid;
    this.#served = served;
    this.#context = context;
  }

  /**
   * Announces now if the vhid is MASTER; if `contested`, twice at least, and so is the next time if no address is in place yet. In
   * any case it begins an announcement under way anew.
   */
  announce(contested = false): void {
    this.#cancel();
    const { state, ifp, settings, servedLladdr: lladdr } = this.#vhid;
    const served = this.#served();
    this.#contested = state === 'MASTER' && (contested || this.#contested);
    if (state !== 'MASTER' || ifp === undefined || served.length === 0) return;
    const { nudge } = settings;
    const { garpCount: count, garpInterval: interval } = this.#contested ? twice(settings) : settings;
    const current = this.#context.peers.netifNotifyPeers(ifp, {
      addresses: served.map(({ address }) => address),
      ...(lladdr && { lladdr }),
      ...(count !== undefined && { count }),
      ...(interval !== undefined && { interval }),
      ...(nudge.length > 0 && { ask: nudge }),
    });
    this.#current = current;
    // Not kept when it is over: a thousand of them are a megabyte.
    void current.done.then(() => {
      if (this.#current !== current) return;
      this.#current = undefined;
      this.#contested = false;
    });
    if (settings.garpRefresh > 0) this.#refreshAt(this.#context.clock.now() + settings.garpRefresh);
  }

  capture(): Pick<VipServiceState, 'refresh'> {
    return { refresh: this.#refresh?.pending === true ? this.#refresh.deadline : null };
  }

  adopt({ refresh }: Pick<VipServiceState, 'refresh'>): void {
    if (refresh !== null) this.#refreshAt(refresh);
  }

  [Symbol.dispose](): void {
    this.#contested = false;
    this.#cancel();
  }

  #cancel(): void {
    this.#current?.[Symbol.dispose]();
    this.#current = undefined;
    this.#refresh?.stop();
  }

  #refreshAt(deadline: number): void {
    const { clock, protocol } = this.#context;
    this.#refresh ??= clock.callout(`${protocol} ${this.#vhid.name} announce`, () => this.announce());
    this.#refresh.resetAt(deadline);
  }
}

/** What the settings say if that is twice or more often. */
function twice(
  settings: AnnouncerOwner['settings'],
): Pick<AnnouncerOwner['settings'], 'garpCount' | 'garpInterval'> {
  return (settings.garpCount ?? 1) < CONTESTED.garpCount ? CONTESTED : settings;
}
