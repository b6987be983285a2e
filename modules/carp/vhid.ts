import type { Ifnet, InetFamily, InetPrefix } from '../ifnet/index.js';
import type { DemotionStatus, Vip } from '../vip/index.js';
import type { CarpSettings, CarpVhidChanges } from './settings.js';
import type { CarpReason, CarpState } from './state.js';
import type { CarpEvidence, CarpMasterStatus, CarpVhidStatus } from './status.js';

/**
 * One virtual host on one interface: the shared addresses and this host's part in the election. Made by
 * `CarpModule.create`.
 *
 * It is in INIT while its interface is missing, down or without link, while net.inet.carp.allow is 0, during its
 * start-up delay, and after `setState('INIT')`. All settings but interface and vhid can change while it runs; no change
 * of settings changes its state.
 */
export interface CarpVhid extends Vip {
  /** 1 to 255. */
  readonly vhid: number;
  /** `1@eth0`, as in devctl's records and FreeBSD's log. */
  readonly name: string;
  /** The name of its interface, which may be missing. */
  readonly ifname: string;
  /** The interface, while it exists. */
  readonly ifp: Ifnet | undefined;
  readonly state: CarpState;
  /** When the state was entered, on the kernel's clock in ms. */
  readonly since: number;
  /** The settings in force, defaults filled in, without the password. */
  readonly settings: CarpSettings;
  /** The shared addresses. */
  readonly addresses: readonly InetPrefix[];
  /** The families of the shared addresses, IPv4 first. */
  readonly families: readonly InetFamily[];
  /** The families in which this host cannot advertise, for lack of an address or a socket. */
  readonly muteFamilies: readonly InetFamily[];
  /** The families in which a BACKUP misses the master, which it hears in the other. */
  readonly unheardFamilies: readonly InetFamily[];
  /** Seconds, 0 to 255. */
  readonly advbase: number;
  /** 1/256 s, 0 to 255, as sent: with demotion. */
  readonly advskew: number;
  /** OpenBSD's demotion byte as sent, 0 to 255. */
  readonly demote: number;
  /** Every cause that demotes it: {@link CarpModule.demote}, faults, interfaces that are down, net.inet.carp.demotion. */
  readonly demotions: readonly DemotionStatus[];
  /** Milliseconds between advertisements, with demotion. */
  readonly interval: number;
  /** Milliseconds of silence after which it takes the master for dead. */
  readonly deadTime: number;
  /** Of a BACKUP, the MASTER that it hears; undefined while it has heard none. */
  readonly master: CarpMasterStatus | undefined;
  /** What was heard of other hosts, and whether this process was on time. */
  readonly evidence: CarpEvidence;
  /** Whether it takes over from slower masters. */
  readonly preempt: boolean;

  /**
   * ifconfig's `state`. MASTER takes over, from BACKUP only, and lasts until the next better advertisement. BACKUP
   * leaves MASTER with a bow-out (unless switched off), and takes over again after a dead time if no peer does. INIT
   * lasts until BACKUP is asked for.
   *
   * @param reason goes into `carp_state_event` and the log; default: `user requested via ifconfig`
   */
  setState(state: CarpState, reason?: CarpReason): void;

  /**
   * Changes settings while it runs. New intervals apply when a timer is next armed, everything else at once; digests
   * over the former addresses are accepted for another minute.
   *
   * @throws CarpError ESETTINGS for an invalid setting, EEXIST if another interface has the name of the vhid's virtual
   *   interface, ENOENT once it has been removed; IfnetError if a socket cannot be opened. Nothing has changed then.
   */
  configure(changes: CarpVhidChanges): void;

  /** For programs and `--json`. */
  toJSON(): CarpVhidStatus;
  /** Its name. */
  toString(): string;
}
