/** What FreeBSD says of USB devices and interfaces, from what Linux says of them in uevents and /sys. */
import type { ReadAttribute } from './sysfs.js';
import type { Uevent } from './uevent.js';
import { groups, hex, type Variables } from './words.js';

const TRIPLES = [
  ['TYPE', ['devclass', 'devsubclass', 'devproto']],
  ['INTERFACE', ['intclass', 'intsubclass', 'intprotocol']],
] as const;

/** PRODUCT is in hexadecimal, TYPE and INTERFACE in decimal. */
export function usbIdentity({ properties }: Uevent): Variables {
  if (properties.get('SUBSYSTEM') !== 'usb') return {};
  const found: Variables = {};
  const [, vendor, product, release] = groups(/^(\w+)\/(\w+)\/(\w+)$/, properties.get('PRODUCT'));
  if (release !== undefined) {
    Object.assign(found, { vendor: hex(vendor!, 4), product: hex(product!, 4), release: hex(release, 4) });
  }
  for (const [key, names] of TRIPLES) {
    const values = groups(/^(\d+)\/(\d+)\/(\d+)$/, properties.get(key)).slice(1);
    for (const [i, value] of values.entries()) found[names[i]!] = hex(Number(value).toString(16), 2);
  }
  return found;
}

/** 1-4.2 is port 2 of the hub in port 4 of bus 1; 1-4.2:1.0 is interface 0 of its configuration 1. */
export function usbLocation({ devpath, properties }: Uevent): Variables {
  if (properties.get('SUBSYSTEM') !== 'usb') return {};
  const [, bus, port, usbInterface] = groups(/\/(\d+)-(?:\d+\.)*(\d+)(?::\d+\.(\d+))?$/, devpath);
  const devnum = properties.get('DEVNUM');
  return {
    ...(bus !== undefined && { bus, port: port! }),
    ...(usbInterface !== undefined && { interface: usbInterface }),
    ...(devnum !== undefined && { devaddr: String(Number(devnum)) }),
  };
}

/**
 * What only /sys knows: the serial number, and the node of the device that an interface belongs to. The number is the
 * device's own text, which may be anything. When the device has gone, /sys knows nothing any more.
 */
export function usbDetails({ action, devpath, properties }: Uevent, read: ReadAttribute): Variables {
  if (action !== 'add' || properties.get('SUBSYSTEM') !== 'usb') return {};
  const isInterface = properties.get('DEVTYPE') === 'usb_interface';
  const device = isInterface ? devpath.slice(0, devpath.lastIndexOf('/')) : devpath;
  const [bus, number] = [read(device, 'busnum'), read(device, 'devnum')].map((n) => n?.padStart(3, '0'));
  return {
    ...(isInterface && bus !== undefined && number !== undefined && { cdev: `bus/usb/${bus}/${number}` }),
    sernum: read(device, 'serial') ?? '',
  };
}
