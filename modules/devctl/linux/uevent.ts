/** What the kernel says of a device: see kobject_uevent(9) and udev(7). */
export interface Uevent {
  /** add, remove, change, move, online, offline, bind, unbind. */
  readonly action: string;
  /** Below /sys: `/devices/pci0000:00/0000:00:14.0/usb1/1-4`. */
  readonly devpath: string;
  /** ACTION, DEVPATH and SUBSYSTEM included. */
  readonly properties: ReadonlyMap<string, string>;
}

/**
 * Reads a datagram of the kernel's group: `ACTION@DEVPATH`, then `KEY=VALUE`, each ended by a NUL byte.
 * @returns undefined for anything else, such as the messages of udevd, which begin with `libudev`
 */
export function parseUevent(datagram: Uint8Array): Uevent | undefined {
  const [header, ...pairs] = new TextDecoder().decode(datagram).split('\0');
  const [, action, devpath] = /^([a-z]+)@(\/.*)$/s.exec(header!) ?? [];
  if (action === undefined || devpath === undefined) return undefined;
  const properties = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals > 0) properties.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return { action, devpath, properties };
}
