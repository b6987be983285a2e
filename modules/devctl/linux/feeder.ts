import type { Counter, Scope, SysctlBool } from '../../../core/index.js';
import type { DevctlModule } from '../index.js';
import { describe, deviceName, location, parentName, pnpinfo, properties } from './description.js';
import type { ReadAttribute } from './sysfs.js';
import type { Uevent } from './uevent.js';

/** Makes records of uevents: one or more of each, every form with a switch of its own. */
export class UeventFeeder {
  readonly #devctl: DevctlModule;
  readonly #read: ReadAttribute;
  readonly #device: SysctlBool;
  readonly #devfs: SysctlBool;
  readonly #usb: SysctlBool;
  readonly #kobject: SysctlBool;
  readonly #malformed: Counter;

  constructor(devctl: DevctlModule, scope: Scope, read: ReadAttribute) {
    this.#devctl = devctl;
    this.#read = read;
    const form = (name: string, what: string): SysctlBool =>
      scope.sysctl.bool(`hw.bus.devctl.${name}`, { description: `make records of ${what}`, value: true });
    this.#device = form('device', 'devices that come and go (attach and detach)');
    this.#devfs = form(
      'devfs',
      'device nodes that come, go or change their medium (system=DEVFS subsystem=CDEV)',
    );
    this.#usb = form('usb', 'USB devices and interfaces that come and go (system=USB)');
    this.#kobject = form('kobject', 'all other uevents: change, bind, modules, drivers … (system=KOBJECT)');
    this.#malformed = scope.sysctl.counter(
      'hw.bus.devctl.uevent_malformed',
      'uevents of which no record could be made',
    );
  }

  /** The record of the device is the last: when its action runs, everything else about it has been told. */
  feed(event: Uevent): void {
    try {
      const change = CHANGES.get(event.action);
      if (change !== undefined && event.devpath.startsWith('/devices/')) {
        if (this.#usb.value) this.#tellUsb(event, change.usb);
        if (this.#devfs.value) this.#tellNode(event, change.devfs);
        if (this.#device.value) this.#devctl[change.method](describe(event, this.#read));
      } else {
        if (this.#devfs.value && event.properties.get('DISK_MEDIA_CHANGE') === '1') {
          this.#tellNode(event, 'MEDIACHANGE');
        }
        if (this.#kobject.value) this.#tellKobject(event);
      }
    } catch {
      this.#malformed.add(); // a name or a value that has no place in a record
    }
  }

  #tellNode({ properties: given }: Uevent, type: string): void {
    const cdev = given.get('DEVNAME');
    if (cdev !== undefined) this.#devctl.notify('DEVFS', 'CDEV', type, { cdev: withoutDev(cdev) });
  }

  #tellUsb(event: Uevent, type: string): void {
    const { properties: given } = event;
    const subsystem = USB_SUBSYSTEMS.get(given.get('DEVTYPE') ?? '');
    if (subsystem === undefined || given.get('SUBSYSTEM') !== 'usb') return;
    const cdev = given.get('DEVNAME');
    this.#devctl.notify('USB', subsystem, type, {
      ...(cdev !== undefined && { cdev: withoutDev(cdev) }),
      ...pnpinfo(event, this.#read),
      mode: 'host',
      ...location(event),
      parent: parentName(event),
    });
  }

  #tellKobject(event: Uevent): void {
    const subsystem = event.properties.get('SUBSYSTEM') ?? 'none';
    this.#devctl.notify('KOBJECT', subsystem, event.action.toUpperCase(), {
      'device-name': deviceName(event),
      devpath: event.devpath,
      ...properties(event),
    });
  }
}

interface Change {
  readonly method: 'attach' | 'detach';
  readonly usb: string;
  readonly devfs: string;
}

const CHANGES: ReadonlyMap<string, Change> = new Map([
  ['add', { method: 'attach', usb: 'ATTACH', devfs: 'CREATE' }],
  ['remove', { method: 'detach', usb: 'DETACH', devfs: 'DESTROY' }],
]);

const USB_SUBSYSTEMS = new Map([
  ['usb_device', 'DEVICE'],
  ['usb_interface', 'INTERFACE'],
]);

/** Below /dev; the kernel usually leaves that away. */
function withoutDev(name: string): string {
  return name.replace(/^\/dev\//, '');
}
