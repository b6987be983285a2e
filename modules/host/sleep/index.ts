export { SleepModule, type SleepSettings } from './module.js';
