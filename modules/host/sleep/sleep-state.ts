import { readFileSync } from 'node:fs';

/** ACPI's sleep states, S1 to S5. */
export type AcpiSleepState = 1 | 2 | 3 | 4 | 5;

/**
 * The state that a suspended machine is in: S3, or S1 where Linux stops short of it (`s2idle`, `shallow`). A hibernation is
 * not announced as one, so it is not distinguished.
 */
export function readSleepState(path = '/sys/power/mem_sleep'): AcpiSleepState {
  try {
    return /\[(s2idle|shallow)\]/.test(readFileSync(path, 'latin1')) ? 1 : 3;
  } catch {
    return 3;
  }
}
