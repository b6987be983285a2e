import type { Callout } from '../../../core/time/index.js';
import type { CarpContext } from '../../carp/context.js';
import type { CarpServiceState } from '../../carp/handover/schema.js';
import type { CarpSettings } from '../../carp/settings.js';
import type { CarpState } from '../../carp/state.js';
import { servedLladdr } from '../../carp/wire/virtual-lladdr.js';
import type { Ifnet, InetPrefix } from '../../ifnet/index.js';

/** The vhid whose addresses are announced. */
export interface CarpAnnouncerNeeds {
  readonly name: string;
  readonly state: CarpState;
  readonly settings: CarpSettings;
  readonly ifp: Ifnet | undefined;
}

/** Announces the addresses of a MASTER to the neighbours, and again every `garpRefresh` ms. */
export class CarpAnnouncer implements Disposable {
  readonly #vhid: CarpAnnouncerNeeds;
  readonly #served: () => readonly InetPrefix[];
  readonly #context: Pick<CarpContext, 'clock' | 'peers'>;
  /** Made when it is first armed: never on a BACKUP. */
  #refresh: Callout | undefined;
  #current: Disposable | undefined;

  /** @param served the addresses to announce: those in place */
  constructor(
    vhid: CarpAnnouncerNeeds,
    served: () => readonly InetPrefix[],
    context: Pick<CarpContext, 'clock' | 'peers'>,
  ) {
    this.#vhid = vhid;
    this.#served = served;
    this.#context = context;
  }

  /** Announces now if the vhid is MASTER. In any case it cancels the rest of an announcement under way. */
  announce(): void {
    this[Symbol.dispose]();
    const { state, ifp, settings } = this.#vhid;
    const served = this.#served();
    if (state !== 'MASTER' || ifp === undefined || served.length === 0) return;
    const lladdr = servedLladdr(settings);
    const { garpCount: count, garpInterval: interval, nudge } = settings;
    this.#current = this.#context.peers.netifNotifyPeers(ifp, {
      addresses: served.map(({ address }) => address),
      ...(lladdr && { lladdr }),
      ...(count !== undefined && { count }),
      ...(interval !== undefined && { interval }),
      ...(nudge.length > 0 && { ask: nudge }),
    });
    if (settings.garpRefresh > 0) this.#refreshAt(this.#context.clock.now() + settings.garpRefresh);
  }

  capture(): Pick<CarpServiceState, 'refresh'> {
    return { refresh: this.#refresh?.pending === true ? this.#refresh.deadline : null };
  }

  adopt({ refresh }: Pick<CarpServiceState, 'refresh'>): void {
    if (refresh !== null) this.#refreshAt(refresh);
  }

  [Symbol.dispose](): void {
    this.#current?.[Symbol.dispose]();
    this.#refresh?.stop();
  }

  #refreshAt(deadline: number): void {
    const { clock } = this.#context;
    this.#refresh ??= clock.callout(`carp ${this.#vhid.name} announce`, () => this.announce());
    this.#refresh.resetAt(deadline);
  }
}
