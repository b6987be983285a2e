import type { Scope, SysctlBool } from '../../core/index.js';
import {
  formatLladdr,
  type IfAddress,
  type IfaddrOp,
  type Ifnet,
  type InetAddress,
  type LinkState,
} from '../ifnet/index.js';
import type { Notify } from './notify.js';

/** What happens to interfaces, in the words of FreeBSD's if.c (system IFNET) and if_ethersubr.c (system ETHERNET). */
export class IfnetFeeder {
  readonly #notify: Notify;
  readonly #ifnet: SysctlBool;
  readonly #ethernet: SysctlBool;

  constructor(notify: Notify, scope: Scope) {
    this.#notify = notify;
    this.#ifnet = scope.sysctl.bool('hw.bus.devctl.ifnet', {
      description: 'make records of interfaces, links and addresses (system=IFNET)',
      value: true,
    });
    this.#ethernet = scope.sysctl.bool('hw.bus.devctl.ethernet', {
      description: 'make records of Ethernet interfaces that come (system=ETHERNET)',
      value: true,
    });
  }

  arrival(ifp: Ifnet): void {
    this.#tell(ifp.name, 'ATTACH');
    if (ifp.type === 'ether' && this.#ethernet.value) this.#notify('ETHERNET', ifp.name, 'IFATTACH');
  }

  departure(ifp: Ifnet): void {
    this.#tell(ifp.name, 'DETACH');
  }

  /** As in do_link_state_change, what is not UP is DOWN: UNKNOWN too. */
  link(ifp: Ifnet, state: LinkState): void {
    this.#tell(ifp.name, state === 'UP' ? 'LINK_UP' : 'LINK_DOWN');
  }

  rename(ifp: Ifnet, oldName: string): void {
    this.#tell(oldName, 'RENAME', { name: ifp.name });
  }

  /** A change of flags or lifetimes makes no record. */
  address(ifp: Ifnet, address: IfAddress, op: IfaddrOp): void {
    if (op !== 'CHANGE') this.#tell(ifp.name, `ADDR_${op}`, { address: String(address.prefix.address) });
  }

  /** FreeBSD only logs it. */
  conflict(ifp: Ifnet, address: InetAddress, lladdr: Uint8Array): void {
    this.#tell(ifp.name, 'ADDR_CONFLICT', { address: String(address), lladdr: formatLladdr(lladdr) });
  }

  #tell(subsystem: string, type: string, data?: Record<string, string>): void {
    if (this.#ifnet.value) this.#notify('IFNET', subsystem, type, data);
  }
}
