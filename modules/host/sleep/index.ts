export { SleepModule, type SleepSettings } from './module.js';
export type { AcpiSleepState } from './sleep-state.js';
