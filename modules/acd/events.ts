import type { Ifnet, InetAddress } from '../ifnet/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /**
     * Another host uses an address that this host holds as MASTER: `lladdr` is the link-layer address that it has claimed
     * for it last. Invoked once the grace is over, and at most every ten seconds for each address, however often it is
     * claimed; the announcement that answers follows.
     */
    address_conflict_event(ifp: Ifnet, address: InetAddress, lladdr: Uint8Array): void;
  }
}
