import { readFileSync } from 'node:fs';

/** An attribute of a device in /sys; undefined where there is none, or the device has gone already. */
export type ReadAttribute = (devpath: string, name: string) => string | undefined;

/** The attributes that are read here are copies in memory: no device is asked, and nothing waits. */
export const readSysfs: ReadAttribute = (devpath, name) => {
  try {
    return readFileSync(`/sys${devpath}/${name}`, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
};
