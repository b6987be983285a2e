export { MountsModule, type MountsSettings } from './module.js';
