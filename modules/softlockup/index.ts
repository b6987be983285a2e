export { SoftlockupModule } from './module.js';
