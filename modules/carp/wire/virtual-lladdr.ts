/** The virtual link-layer address of a vhid: 00:00:5e:00:01:vhid, for both families (FreeBSD's carp_set_enaddr). */
export function virtualLladdr(vhid: number): Uint8Array {
  return Uint8Array.of(0x00, 0x00, 0x5e, 0x00, 0x01, vhid);
}

interface LladdrSettings {
  readonly vhid: number;
  readonly lladdr?: Uint8Array | undefined;
}

/** `lladdr` if it is set, else the virtual one: what an OpenBSD carp interface sends from and answers with. */
export function lladdrOf({ vhid, lladdr }: LladdrSettings): Uint8Array {
  return lladdr ?? virtualLladdr(vhid);
}

interface VirtualSettings extends LladdrSettings {
  readonly virtualMac: boolean | 'service';
  readonly provider: string;
}

/** The address that advertisements are sent from; undefined: the interface's own. */
export function sentLladdr(settings: VirtualSettings): Uint8Array | undefined {
  return settings.virtualMac === true ? lladdrOf(settings) : servedLladdr(settings);
}

/** The address that the shared addresses are served from; undefined: the interface's own. */
export function servedLladdr(settings: VirtualSettings): Uint8Array | undefined {
  const virtual = settings.virtualMac === 'service' || settings.provider === 'macvlan';
  return virtual ? lladdrOf(settings) : undefined;
}
