import type { EventHandlerList } from '../../../core/index.js';
import type { Uevent } from './uevent.js';

/** A power supply of this machine, as its uevent and its attributes in /sys have it. */
export interface PowerSupply {
  readonly name: string;
  /** `Mains`, `USB`, `Battery` … */
  readonly type: string | undefined;
  /** `Device`: it is the supply of something attached, such as a mouse. */
  readonly scope: string | undefined;
  /** `0`, or `1` for fixed and `2` for programmable voltage; undefined for a battery. */
  readonly online: string | undefined;
}

/** A supply that has an input from outside. */
const isLine = ({ type, scope, online }: PowerSupply): boolean =>
  online !== undefined && type !== 'Battery' && type !== 'UPS' && scope !== 'Device';

/**
 * Whether the machine runs on line power: FreeBSD's power profile, which its ACPI AC adapter sets. A machine with several
 * inputs runs on line power while one of them is online.
 */
export class PowerProfile {
  readonly #list: EventHandlerList<[profile: 'performance' | 'economy']>;
  readonly #online = new Map<string, boolean>();
  #last: boolean | undefined;

  /** @param supplies those of the machine now: they are no change */
  constructor(
    list: EventHandlerList<[profile: 'performance' | 'economy']>,
    supplies: readonly PowerSupply[],
  ) {
    this.#list = list;
    this.#set(supplies);
    this.#last = this.#now();
  }

  /** The supplies of the machine now, where uevents were lost. */
  resync(supplies: readonly PowerSupply[]): void {
    this.#set(supplies);
    this.#compare();
  }

  /** A uevent of the subsystem power_supply. */
  feed({ action, properties }: Uevent): void {
    const name = properties.get('POWER_SUPPLY_NAME');
    if (name === undefined) return;
    const supply = {
      name,
      type: properties.get('POWER_SUPPLY_TYPE'),
      scope: properties.get('POWER_SUPPLY_SCOPE'),
      online: properties.get('POWER_SUPPLY_ONLINE'),
    };
    if (action === 'remove') this.#online.delete(name);
    else if (isLine(supply)) this.#online.set(name, supply.online !== '0');
    this.#compare();
  }

  #set(supplies: readonly PowerSupply[]): void {
    this.#online.clear();
    for (const supply of supplies) if (isLine(supply)) this.#online.set(supply.name, supply.online !== '0');
  }

  #compare(): void {
    const now = this.#now();
    if (now === this.#last) return;
    const isFirst = this.#last === undefined;
    this.#last = now;
    if (now !== undefined && !isFirst) this.#list.invoke(now ? 'performance' : 'economy');
  }

  /** Undefined while the machine has no such input: then it has no profile. */
  #now(): boolean | undefined {
    return this.#online.size === 0 ? undefined : [...this.#online.values()].includes(true);
  }
}
