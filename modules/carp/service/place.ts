/** Where the shared addresses of a vhid are: on its interface, or on one of their own (virtual-interface.ts). */
import type { AddAddressOptions, Ifnet } from '../../ifnet/index.js';

export interface CarpPlace extends Disposable {
  /** What carries them; undefined while it is not there. */
  readonly ifp: Ifnet | undefined;
  /** How they are put there. */
  readonly options: AddAddressOptions;
  /** Makes what is needed. Throws IfnetError, CarpError. */
  open(): void;
  /** Whether a MASTER serves from here: before the addresses come, and before they go. Throws IfnetError. */
  serve(serving: boolean): void;
}

/** The interface itself, which is there and up anyway. */
export function onInterface(ifp: Ifnet): CarpPlace {
  return { ifp, options: {}, open: () => {}, serve: () => {}, [Symbol.dispose]: () => {} };
}
