import type { InetAddress } from '../ifnet/index.js';
import type { CarpState, CarpStateChange } from './state.js';

/** The maker of a softc, to which it reports. */
export interface CarpSoftcOwner {
  /** Somebody is about to set its state. */
  commanded(state: CarpState): void;
  /** New settings cannot be met. @param refit brings all in line with the former ones, which may fail too */
  restored(refit: () => void): void;
  /** The state and its timers are set; a new MASTER has advertised. */
  stateChanged(change: CarpStateChange): void;
  /** As MASTER it heard a worse MASTER, and stays. */
  reasserted(peer: InetAddress): void;
  /**
   * A fresh advertisement of another MASTER came, which advertises every `interval` ms; not judged yet.
   * @returns whether it is not to be judged: the vhid is handing over to that one
   */
  heard(peer: InetAddress, interval: number): boolean;
  /** The timer's advertisement was sent, `late` ms after it was due. */
  advertised(late: number): void;
}
