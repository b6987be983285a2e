import type { AddAddressOptions, AddressRenewal, IfAddress, InetPrefix } from '../index.js';
import { addressDetails } from './address-details.js';
import { renewAddress } from './netlink/address.js';
import { RENEWAL_SEQ } from './netlink/quiet.js';
import type { Renewals } from './renewals.js';

/** The interface of the address. */
export interface RenewedIfnet {
  readonly index: number;
  readonly addresses: readonly IfAddress[];
  readonly departed: boolean;
}

/** The request that renews one address, made again only when the addresses of the interface have changed. */
export class LinuxRenewal implements AddressRenewal {
  #request: Uint8Array | undefined;
  #madeFor: readonly IfAddress[] | undefined;

  constructor(
    private readonly ifp: RenewedIfnet,
    private readonly prefix: InetPrefix,
    private readonly options: AddAddressOptions,
    private readonly renewals: Renewals,
  ) {}

  renew(): void {
    const { ifp, prefix, options } = this;
    if (ifp.departed) return;
    if (this.#request === undefined || this.#madeFor !== ifp.addresses) {
      const details = addressDetails(ifp, prefix, options);
      this.#request = renewAddress(ifp.index, prefix, details).bytes(RENEWAL_SEQ);
      this.#madeFor = ifp.addresses;
    }
    this.renewals.queue(this.#request);
  }
}
