import { readFile } from 'node:fs/promises';
import { HealthError } from '../errors.js';

/** How much tasks may wait (Linux, Documentation/accounting/psi.rst). */
export interface PressureSettings {
  readonly resource: 'cpu' | 'memory' | 'io';
  /** `some`: at least one task waits; `full`: all of them. */
  readonly who: 'some' | 'full';
  /** Percent of the last ten seconds. */
  readonly limit: number;
}

/** The share of the last ten seconds in which tasks waited is within the limit. */
export async function probePressure({ resource, who, limit }: PressureSettings): Promise<string> {
  const text = await readFile(`/proc/pressure/${resource}`, 'utf8').catch(() => {
    throw new HealthError(
      'EFAILED',
      `/proc/pressure/${resource} cannot be read: the kernel needs CONFIG_PSI`,
    );
  });
  const share = Number(new RegExp(`^${who}\\b.*\\bavg10=([\\d.]+)`, 'm').exec(text)?.[1]);
  if (Number.isNaN(share)) throw new HealthError('EFAILED', `/proc/pressure/${resource} lacks '${who}'`);
  if (share > limit) throw new HealthError('EFAILED', `${resource} pressure is ${share} %`);
  return `${share} %`;
}
