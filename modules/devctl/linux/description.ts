/**
 * A Linux device in FreeBSD's words, so that rules written there hold here: what uevents of the PCI and USB buses say
 * becomes the variables that those buses have in devctl(4) (reference: the bus code's location and pnpinfo strings).
 * What only sysfs knows, such as a USB serial number, is not there.
 */
import type { DevctlDevice } from '../index.js';
import type { Uevent } from './uevent.js';

type Variables = Record<string, string>;

/** The device as an attach or detach record has it; the uevent's properties follow under their own names. */
export function describe(event: Uevent): DevctlDevice {
  return {
    name: deviceName(event),
    parent: parentName(event),
    location: { ...location(event), devpath: event.devpath },
    pnpinfo: { ...pnpinfo(event), subsystem: event.properties.get('SUBSYSTEM') ?? '', ...properties(event) },
  };
}

/** The last part of its path. A blank, which a few names have, would end the name in the record. */
export function deviceName({ devpath }: Uevent): string {
  return oneWord(devpath.slice(devpath.lastIndexOf('/') + 1));
}

/** The uevent's own variables. ACTION is in the record's type, DEVPATH in its location. */
export function properties(event: Uevent): Variables {
  const own = [...event.properties].filter(([key]) => key !== 'ACTION' && key !== 'DEVPATH');
  return Object.fromEntries(own.filter(([key]) => /^[A-Za-z0-9_-]+$/.test(key)));
}

/** What the device is, as its bus says. */
export function pnpinfo({ properties: given }: Uevent): Variables {
  return { ...pciIdentity(given), ...usbIdentity(given) };
}

/** Where the device is, as its bus says. */
export function location({ devpath, properties: given }: Uevent): Variables {
  const found: Variables = {};
  const [, domain, bus, slot, fn] = groups(/^(\w+):(\w+):(\w+)\.(\w+)$/, given.get('PCI_SLOT_NAME'));
  if (fn !== undefined) {
    const [d, b, s, f] = [domain, bus, slot, fn].map((text) => String(Number.parseInt(text!, 16)));
    Object.assign(found, { slot: s, function: f, dbsf: `pci${d}:${b}:${s}:${f}` });
  }
  if (given.get('SUBSYSTEM') !== 'usb') return found;
  // 1-4.2 is port 2 of the hub in port 4 of bus 1; 1-4.2:1.0 is interface 0 of its configuration 1.
  const [, usbBus, port, usbInterface] = groups(/\/(\d+)-(?:\d+\.)*(\d+)(?::\d+\.(\d+))?$/, devpath);
  if (usbBus !== undefined) Object.assign(found, { bus: usbBus, port: port! });
  if (usbInterface !== undefined) found['interface'] = usbInterface;
  const devnum = given.get('DEVNUM');
  if (devnum !== undefined) found['devaddr'] = String(Number(devnum));
  return found;
}

/** The nearest device above; a class's folder between the two (`…/1-1:1.0/net/wwan0`) is none. */
function parentName({ devpath, properties: given }: Uevent): string {
  const parts = devpath.split('/').slice(1, -1);
  if (parts.at(-1) === given.get('SUBSYSTEM')) parts.pop();
  const parent = parts.at(-1);
  return parent === undefined || parent === 'devices' || parent === 'virtual' ? '.' : oneWord(parent);
}

function pciIdentity(given: Uevent['properties']): Variables {
  const found: Variables = {};
  const [, vendor, device] = groups(/^(\w+):(\w+)$/, given.get('PCI_ID'));
  if (device !== undefined) Object.assign(found, { vendor: hex(vendor!, 4), device: hex(device, 4) });
  const [, subvendor, subdevice] = groups(/^(\w+):(\w+)$/, given.get('PCI_SUBSYS_ID'));
  if (subdevice !== undefined) {
    Object.assign(found, { subvendor: hex(subvendor!, 4), subdevice: hex(subdevice, 4) });
  }
  const pciClass = given.get('PCI_CLASS');
  if (pciClass !== undefined) found['class'] = hex(pciClass, 6);
  return found;
}

/** PRODUCT is in hexadecimal, TYPE and INTERFACE in decimal. */
function usbIdentity(given: Uevent['properties']): Variables {
  const found: Variables = {};
  if (given.get('SUBSYSTEM') !== 'usb') return found;
  const [, vendor, product, release] = groups(/^(\w+)\/(\w+)\/(\w+)$/, given.get('PRODUCT'));
  if (release !== undefined) {
    Object.assign(found, { vendor: hex(vendor!, 4), product: hex(product!, 4), release: hex(release, 4) });
  }
  for (const [key, names] of USB_TRIPLES) {
    const values = groups(/^(\d+)\/(\d+)\/(\d+)$/, given.get(key)).slice(1);
    for (const [i, value] of values.entries()) found[names[i]!] = hex(Number(value).toString(16), 2);
  }
  return found;
}

const USB_TRIPLES = [
  ['TYPE', ['devclass', 'devsubclass', 'devproto']],
  ['INTERFACE', ['intclass', 'intsubclass', 'intprotocol']],
] as const;

/** `0x046d` of `46d`. */
function hex(digits: string, length: number): string {
  return `0x${digits.toLowerCase().padStart(length, '0')}`;
}

function groups(pattern: RegExp, text: string | undefined): (string | undefined)[] {
  return text === undefined ? [] : (pattern.exec(text) ?? []);
}

function oneWord(text: string): string {
  return text.replace(/\s/g, '_') || '.';
}
