/** Something that keeps CARP or VRRP from working, or will. */
export interface Finding {
  /** What kind it is, for programs: stable. */
  readonly code: FindingCode;
  /** `error`: it does not work as it is; `warning`: it may not, or not always. */
  readonly severity: 'error' | 'warning';
  /** An interface or a vhid: `eth0`, `1@eth0`. */
  readonly on: string;
  /** What was found, in the words of an operator. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Every kind of {@link Finding}. */
export type FindingCode =
  | 'no-interface'
  | 'interface-down'
  | 'not-ethernet'
  | 'bridge-port'
  | 'no-address'
  | 'no-ipv6'
  | 'rp-filter'
  | 'arp-flux'
  | 'arp-ignore'
  | 'promote-secondaries'
  | 'firewall'
  | 'snooping'
  | 'multicast'
  | 'mac-filter'
  | 'handed-back'
  | 'two-masters'
  | 'vhid-taken'
  | 'router-refused'
  | 'vrrp'
  | 'clock'
  | 'dead-time'
  | 'refused';
