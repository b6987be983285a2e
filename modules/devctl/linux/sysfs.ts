import { readdirSync, readFileSync } from 'node:fs';
import type { PowerSupply } from './power-profile.js';

/** An attribute of a device in /sys; undefined where there is none, or the device has gone already. */
export type ReadAttribute = (devpath: string, name: string) => string | undefined;

/** What is read of /sys apart from the device of a uevent. */
export interface Sysfs {
  /** The power supplies that the machine has now. */
  powerSupplies(): PowerSupply[];
  /** The names of the hardware's sources of randomness, apart by spaces; undefined on a kernel without hw_random. */
  randomSources(): string | undefined;
}

/** The attributes that are read here are copies in memory: no device is asked, and nothing waits. */
export const readSysfs: ReadAttribute = (devpath, name) => read(`/sys${devpath}/${name}`);

export const sysfs: Sysfs = {
  powerSupplies: () =>
    list('/sys/class/power_supply').map((name) => {
      const attribute = (of: string): string | undefined => read(`/sys/class/power_supply/${name}/${of}`);
      return { name, type: attribute('type'), scope: attribute('scope'), online: attribute('online') };
    }),
  randomSources: () => read('/sys/class/misc/hw_random/rng_available'),
};

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
