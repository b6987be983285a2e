import { type Ifnet, IfnetError, type InetPrefix } from '../../ifnet/index.js';
import { AdoptedPromotions } from '../place/adopted-promotions.js';

/** As many processes with shared addresses on one interface know of each other. */
const MAX_PROCESSES = 16;

/** A vhid on an interface. */
export interface Tenant {
  /** Whether it has put this address on this interface. */
  holds(ifp: Ifnet, prefix: InetPrefix): boolean;
  /** The interface has another link-layer address. */
  lladdrChanged(): void;
}

/** This process's place on an interface. */
interface Residence {
  readonly tenants: Set<Tenant>;
  readonly slot: number;
  readonly claim: Disposable | undefined;
}

/**
 * What shares addresses on each interface: the vhids of this process, and whether there are other processes. What one of them has
 * put there is no leftover to another, and the last to leave restores what all of them needed. Each process holds a claim
 * on the interface, which ends with it.
 */
export class Tenancy {
  readonly promotions = new AdoptedPromotions();
  readonly #residences = new Map<Ifnet, Residence>();

  /** One more vhid is on the interface, until the result is disposed of. */
  enter(ifp: Ifnet, tenant: Tenant): Disposable {
    const residence = this.#residences.get(ifp) ?? settle(ifp);
    this.#residences.set(ifp, residence);
    residence.tenants.add(tenant);
    return {
      [Symbol.dispose]: () => {
        if (!residence.tenants.delete(tenant) || residence.tenants.size > 0) return;
        this.#residences.delete(ifp);
        residence.claim?.[Symbol.dispose]();
      },
    };
  }

  /** Whether a vhid of this process has put the address on the interface. */
  held(ifp: Ifnet, prefix: InetPrefix): boolean {
    for (const tenant of this.#residences.get(ifp)?.tenants ?? []) if (tenant.holds(ifp, prefix)) return true;
    return false;
  }

  /** The interface has another link-layer address. */
  lladdrChanged(ifp: Ifnet): void {
    for (const tenant of this.#residences.get(ifp)?.tenants ?? []) tenant.lladdrChanged();
  }

  /** Whether no other process shares addresses on the interface, as far as this one can find out. */
  alone(ifp: Ifnet): boolean {
    return this.#residences.get(ifp)?.claim !== undefined && !this.#shared(ifp);
  }

  /** Whether no other process shares addresses on any of these interfaces, as far as this one can find out. */
  solitary(ifps: readonly Ifnet[]): boolean {
    return !ifps.some((ifp) => this.#shared(ifp));
  }

  #shared(ifp: Ifnet): boolean {
    const own = this.#residences.get(ifp)?.slot;
    for (let slot = 0; slot < MAX_PROCESSES; slot++) {
      if (slot === own) continue;
      const probe = claimOf(ifp, slot);
      if (probe === undefined) return true;
      probe[Symbol.dispose]();
    }
    return false;
  }
}

function settle(ifp: Ifnet): Residence {
  const tenants = new Set<Tenant>();
  for (let slot = 0; slot < MAX_PROCESSES; slot++) {
    const claim = claimOf(ifp, slot);
    if (claim !== undefined) return { tenants, slot, claim };
  }
  return { tenants, slot: MAX_PROCESSES, claim: undefined };
}

/** @returns undefined if another process has it, or nobody can have it: the interface may have gone */
function claimOf(ifp: Ifnet, slot: number): Disposable | undefined {
  try {
    return ifp.claim(`carp ${slot}`);
  } catch (error) {
    if (error instanceof IfnetError) return undefined;
    throw error;
  }
}
