import { type AddAddressOptions, type Ifnet, IfnetError, type IfnetSetting } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';

/** Where the shared addresses of a vhid are: on its interface, or on a virtual one (virtual-interface.ts). */
export interface Place extends Disposable {
  /** The interface that carries them, while it exists. */
  readonly ifp: Ifnet | undefined;
  /** How they are added to it. */
  readonly options: AddAddressOptions;
  /** Makes what is needed. @throws IfnetError, VipError */
  open(): void;
  /**
   * Instead of `open`: takes over what a predecessor has made and goes on with it.
   *
   * @param serving whether it serves at present
   * @throws IfnetError, VipError
   */
  adopt(serving: boolean, promoted: number | null): void;
  /** What promote_secondaries is to be at the end; null: nothing is to be restored. */
  readonly promoted: number | null;
  /** Called before a MASTER's addresses are added, and before they are removed. @throws IfnetError */
  serve(serving: boolean): void;
  /** Instead of disposing of it: leaves everything as it is to a successor. */
  give(): void;
}

const NAME = 'promote_secondaries';

/**
 * The vhid's interface itself.
 *
 * Linux removes, with the first IPv4 address of a network, all others of that network on the interface, unless
 * promote_secondaries is set. The shared address is the first if it was there before the host's own, which would then go
 * at the next failover. So promote_secondaries is set while the vhid has the interface; the last process to leave
 * restores it.
 */
export class InterfacePlace implements Place {
  readonly options = {};
  #promoting: IfnetSetting | undefined;

  /** @param ipv4 whether IPv4 addresses are put on the interface */
  constructor(
    readonly ifp: Ifnet,
    private readonly name: string,
    private readonly ipv4: () => boolean,
    private readonly context: Pick<VipContext, 'log' | 'tenancy'>,
  ) {}

  open(): void {
    if (this.ipv4()) this.#promote();
  }

  adopt(_serving: boolean, promoted: number | null): void {
    if (promoted === null) return;
    const set = (): IfnetSetting => this.ifp.setSysctl(4, NAME, 1, promoted);
    this.#promoting = this.context.tenancy.promotions.adopt(this.ifp, promoted, set);
  }

  get promoted(): number | null {
    return this.#promoting?.before ?? null;
  }

  give(): void {
    this.#promoting?.keep();
    this.#promoting = undefined;
  }

  serve(serving: boolean): void {
    if (serving && this.#promoting === undefined && this.ipv4()) this.#promote();
  }

  /** Even if it is set already, perhaps by another vhid: each of them needs it until it ends. */
  #promote(): void {
    const { ifp } = this;
    const own = ifp.ownSysctl(4, NAME);
    if (own === undefined || (own === 0 && ifp.sysctl(4, NAME) !== 0)) return;
    try {
      this.#promoting = ifp.setSysctl(4, NAME, 1);
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      if (own !== 0) return;
      this.context.log
        .limited(`${this.name} ${NAME}`)
        .warning(
          () =>
            `${this.name}: ${error.message}: set it by hand, or addresses of the host may vanish together with the shared ones`,
        );
    }
  }

  [Symbol.dispose](): void {
    // What another process needs stays; it leaves later, and keeps it too.
    if (this.context.tenancy.alone(this.ifp)) this.#promoting?.[Symbol.dispose]();
    else this.#promoting?.keep();
    this.#promoting = undefined;
  }
}
