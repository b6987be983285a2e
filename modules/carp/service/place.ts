import type { AddAddressOptions, Ifnet } from '../../ifnet/index.js';

/** Where the shared addresses of a vhid are: on its interface, or on a virtual one (virtual-interface.ts). */
export interface CarpPlace extends Disposable {
  /** The interface that carries them, while it exists. */
  readonly ifp: Ifnet | undefined;
  /** How they are added to it. */
  readonly options: AddAddressOptions;
  /** Makes what is needed. @throws IfnetError, CarpError */
  open(): void;
  /** Called before a MASTER's addresses are added, and before they are removed. @throws IfnetError */
  serve(serving: boolean): void;
}

/** The vhid's interface itself, which needs no preparation. */
export function onInterface(ifp: Ifnet): CarpPlace {
  return { ifp, options: {}, open: () => {}, serve: () => {}, [Symbol.dispose]: () => {} };
}
