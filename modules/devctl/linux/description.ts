/**
 * A Linux device in FreeBSD's words, so that rules written there hold here: what the kernel says of devices of the PCI
 * and USB buses becomes the variables that those buses have in devctl(4), their location and pnpinfo strings.
 */
import type { DevctlDevice } from '../index.js';
import { pciIdentity, pciLocation } from './pci.js';
import type { ReadAttribute } from './sysfs.js';
import type { Uevent } from './uevent.js';
import { usbDetails, usbIdentity, usbLocation } from './usb.js';
import { oneWord, type Variables } from './words.js';

/** The device as an attach or detach record has it; the uevent's properties follow under their own names. */
export function describe(event: Uevent, read: ReadAttribute): DevctlDevice {
  return {
    name: deviceName(event),
    parent: parentName(event),
    location: { ...location(event), devpath: event.devpath },
    pnpinfo: {
      ...pnpinfo(event, read),
      subsystem: event.properties.get('SUBSYSTEM') ?? '',
      ...properties(event),
    },
  };
}

/** The last part of its path. */
export function deviceName({ devpath }: Uevent): string {
  return oneWord(devpath.slice(devpath.lastIndexOf('/') + 1));
}

/** The uevent's own variables. ACTION is in the record's type, DEVPATH in its location. */
export function properties(event: Uevent): Variables {
  const own = [...event.properties].filter(([key]) => key !== 'ACTION' && key !== 'DEVPATH');
  return Object.fromEntries(own.filter(([key]) => /^[A-Za-z0-9_-]+$/.test(key)));
}

/** What the device is, as its bus says. */
export function pnpinfo(event: Uevent, read: ReadAttribute): Variables {
  return { ...pciIdentity(event), ...usbIdentity(event), ...usbDetails(event, read) };
}

/** Where the device is, as its bus says. */
export function location(event: Uevent): Variables {
  return { ...pciLocation(event), ...usbLocation(event) };
}

/** The nearest device above; a class's folder between the two (`…/1-1:1.0/net/wwan0`) is none. */
export function parentName({ devpath, properties: given }: Uevent): string {
  const parts = devpath.split('/').slice(1, -1);
  if (parts.at(-1) === given.get('SUBSYSTEM')) parts.pop();
  const parent = parts.at(-1);
  return parent === undefined || parent === 'devices' || parent === 'virtual' ? '.' : oneWord(parent);
}
