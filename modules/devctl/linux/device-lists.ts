import type { EventHandlerList, EventHandlerRegistry } from '../../../core/index.js';
import { deviceName } from './description.js';
import type { UsbDevice } from './events.js';
import { PowerProfile } from './power-profile.js';
import { RandomSources } from './random-sources.js';
import type { Sysfs } from './sysfs.js';
import type { Uevent } from './uevent.js';
import { groups } from './words.js';

/** A frame buffer; the console on them, `fbcon`, is of the same subsystem. */
const FRAMEBUFFER = /^fb\d+$/;

/** The lists of EVENTHANDLER(9) that a uevent is the source of. */
export class DeviceLists {
  readonly #configured: EventHandlerList<[device: UsbDevice]>;
  readonly #registered: EventHandlerList<[name: string]>;
  readonly #unregistered: EventHandlerList<[name: string]>;
  readonly #power: PowerProfile;
  readonly #random: RandomSources;
  readonly #sysfs: Sysfs;

  constructor(eventhandler: EventHandlerRegistry, sysfs: Sysfs) {
    this.#sysfs = sysfs;
    this.#configured = eventhandler.defineList('usb_dev_configured');
    this.#registered = eventhandler.defineList('register_framebuffer');
    this.#unregistered = eventhandler.defineList('unregister_framebuffer');
    this.#power = new PowerProfile(eventhandler.defineList('power_profile_change'), sysfs.powerSupplies());
    this.#random = new RandomSources(eventhandler.defineList('random_adaptor_attach'), () =>
      sysfs.randomSources(),
    );
  }

  feed(event: Uevent): void {
    const { action, properties } = event;
    const subsystem = properties.get('SUBSYSTEM');
    if (action === 'bind' || action === 'unbind') this.#random.check();
    if (subsystem === 'usb' && action === 'bind') this.#usbBound(event);
    else if (subsystem === 'graphics') this.#graphics(event);
    else if (subsystem === 'power_supply') this.#power.feed(event);
  }

  /** Reads again what can be read, where uevents were lost. */
  resync(): void {
    this.#random.check();
    this.#power.resync(this.#sysfs.powerSupplies());
  }

  /** The driver of a whole device (`usb`) chooses its configuration; those of interfaces are bound before or after. */
  #usbBound(event: Uevent): void {
    if (event.properties.get('DEVTYPE') !== 'usb_device') return;
    const [, vendor, product] = groups(/^([\da-f]+)\/([\da-f]+)\//i, event.properties.get('PRODUCT'));
    if (product === undefined) return;
    this.#configured.invoke({
      name: deviceName(event),
      vendor: Number.parseInt(vendor!, 16),
      product: Number.parseInt(product, 16),
    });
  }

  #graphics(event: Uevent): void {
    const name = deviceName(event);
    if (!FRAMEBUFFER.test(name)) return;
    if (event.action === 'add') this.#registered.invoke(name);
    else if (event.action === 'remove') this.#unregistered.invoke(name);
  }
}
