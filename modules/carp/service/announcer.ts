import type { Callout } from '../../../core/time/index.js';
import type { Ifnet, InetPrefix } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpServiceState } from '../handover/schema.js';
import type { CarpSettings } from '../settings.js';
import type { CarpState } from '../state.js';
import { servedLladdr } from '../wire/virtual-lladdr.js';

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
  readonly #refresh: Callout;
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
    this.#refresh = context.clock.callout(`carp ${vhid.name} announce`, () => this.announce());
  }

  /** Announces now if the vhid is MASTER. In any case it cancels the rest of an announcement under way. */
  announce(): void {
    this[Symbol.dispose]();
    const { state, ifp, settings } = this.#vhid;
    const served = this.#served();
    if (state !== 'MASTER' || ifp === undefined || served.length === 0) return;
    const lladdr = servedLladdr(settings);
    this.#current = this.#context.peers.netifNotifyPeers(ifp, {
      addresses: served.map(({ address }) => address),
      ...(lladdr && { lladdr }),
    });
    if (settings.garpRefresh > 0) this.#refresh.reset(settings.garpRefresh);
  }

  capture(): Pick<CarpServiceState, 'refresh'> {
    return { refresh: this.#refresh.pending ? this.#refresh.deadline : null };
  }

  adopt({ refresh }: Pick<CarpServiceState, 'refresh'>): void {
    if (refresh !== null) this.#refresh.resetAt(refresh);
  }

  [Symbol.dispose](): void {
    this.#current?.[Symbol.dispose]();
    this.#refresh.stop();
  }
}
