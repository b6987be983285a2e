/** What FreeBSD says of PCI devices, from what Linux says of them in uevents. */
import type { Uevent } from './uevent.js';
import { groups, hex, type Variables } from './words.js';

export function pciIdentity({ properties }: Uevent): Variables {
  const found: Variables = {};
  const [, vendor, device] = groups(/^(\w+):(\w+)$/, properties.get('PCI_ID'));
  if (device !== undefined) Object.assign(found, { vendor: hex(vendor!, 4), device: hex(device, 4) });
  const [, subvendor, subdevice] = groups(/^(\w+):(\w+)$/, properties.get('PCI_SUBSYS_ID'));
  if (subdevice !== undefined) {
    Object.assign(found, { subvendor: hex(subvendor!, 4), subdevice: hex(subdevice, 4) });
  }
  const pciClass = properties.get('PCI_CLASS');
  if (pciClass !== undefined) found['class'] = hex(pciClass, 6);
  return found;
}

/** Linux writes domain, bus, slot and function in hexadecimal, FreeBSD in decimal. */
export function pciLocation({ properties }: Uevent): Variables {
  const parts = groups(/^(\w+):(\w+):(\w+)\.(\w+)$/, properties.get('PCI_SLOT_NAME')).slice(1);
  if (parts.length === 0) return {};
  const [domain, bus, slot, fn] = parts.map((text) => String(Number.parseInt(text!, 16)));
  return { slot: slot!, function: fn!, dbsf: `pci${domain}:${bus}:${slot}:${fn}` };
}
