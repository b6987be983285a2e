import { type Scope, type SysctlBool, SysctlError, type SysctlString } from '../../core/index.js';
import type { Notify } from './notify.js';

/** What the records need to know of a CarpVhid. */
export interface CarpSubject {
  /** 1 to 255. */
  readonly vhid: number;
  readonly ifname: string;
}

/** Kernel's name of a state, and PR kern/126984's name of it. */
const PR_TYPES: Readonly<Record<string, string>> = { MASTER: 'CARP_MASTER', BACKUP: 'CARP_SLAVE' };

/**
 * What happens to vhids, in two forms: FreeBSD's since 10.0, `CARP 1@em0 MASTER`; and that of PR kern/126984, from the
 * time when a vhid was an interface of its own, `IFNET carp1 CARP_MASTER vhid=1`.
 */
export class CarpFeeder {
  readonly #notify: Notify;
  readonly #carp: SysctlBool;
  readonly #carpIfnet: SysctlBool;
  readonly #ifname: SysctlString;

  constructor(notify: Notify, scope: Scope) {
    this.#notify = notify;
    this.#carp = scope.sysctl.bool('hw.bus.devctl.carp', {
      description: 'make records of CARP states as FreeBSD does (system=CARP subsystem=vhid@ifname)',
      value: true,
    });
    this.#carpIfnet = scope.sysctl.bool('hw.bus.devctl.carp_ifnet', {
      description: 'make records of CARP states as in PR kern/126984 (system=IFNET type=CARP_MASTER)',
      value: true,
    });
    this.#ifname = scope.sysctl.string('hw.bus.devctl.carp_ifname', {
      description: 'the subsystem of the records of PR kern/126984; %v is the vhid, %i the interface',
      value: 'carp%v',
      set: (written) => checked(written),
    });
  }

  /** @param state MASTER, BACKUP or INIT */
  state({ vhid, ifname }: CarpSubject, state: string): void {
    if (this.#carp.value) this.#notify('CARP', `${vhid}@${ifname}`, state);
    if (!this.#carpIfnet.value) return;
    const subsystem = this.#ifname.value.replace(/%[vi]/g, (mark) => (mark === '%v' ? String(vhid) : ifname));
    this.#notify('IFNET', subsystem, PR_TYPES[state] ?? 'CARP_UNKNOWN', { vhid });
  }
}

function checked(ifname: string): string {
  if (ifname !== '' && !/\s/.test(ifname)) return ifname;
  throw new SysctlError('EINVAL', 'sysctl hw.bus.devctl.carp_ifname: must be one word, as carp%v');
}
