import type { Vip } from '../vip/index.js';
import type { VrrpRouterChanges, VrrpSettings } from './settings/router.js';
import type { VrrpReason, VrrpState } from './state.js';
import type { VrrpMasterStatus, VrrpRouterStatus } from './status.js';

/**
 * One virtual router on one interface: shared addresses of one family and this host's part in the election. Made by
 * `VrrpModule.create`.
 *
 * It is in INIT while its interface is missing, down, without link or without an address to send from, while
 * net.inet.vrrp.allow is 0, during its start-up delay, and after `setState('INIT')`.
 */
export interface VrrpRouter extends Vip {
  readonly protocol: 'vrrp';
  /** The VRID, 1 to 255. */
  readonly vrid: number;
  /** `7@eth0` with IPv4 addresses, `7v6@eth0` with IPv6 ones: the two are independent. */
  readonly name: string;
  readonly state: VrrpState;
  /** The settings in force, defaults filled in, without the secrets. */
  readonly settings: VrrpSettings;
  /** As sent: with demotion, 1 to 255. */
  readonly priority: number;
  /** Milliseconds between the master's advertisements; as BACKUP of version 3 those that it has learnt. */
  readonly interval: number;
  /** Milliseconds of silence after which it takes the master for dead. */
  readonly deadTime: number;
  /** Of a BACKUP, the MASTER that it hears. */
  readonly master: VrrpMasterStatus | undefined;

  /**
   * MASTER takes over, from BACKUP only, and lasts until the next better advertisement. BACKUP leaves MASTER with priority
   * 0. INIT lasts until BACKUP is asked for.
   */
  setState(state: VrrpState, reason?: VrrpReason): void;

  /**
   * Changes settings while it runs; the state stays.
   *
   * @throws VrrpError ESETTINGS, or ENOENT once it has been removed; VipError or IfnetError. Nothing has changed then.
   */
  configure(changes: VrrpRouterChanges): void;

  /** For programs and `--json`. */
  toJSON(): VrrpRouterStatus;
  /** Its name. */
  toString(): string;
}
