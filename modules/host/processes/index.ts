export { ProcessesModule, type ProcessesSettings } from './module.js';
