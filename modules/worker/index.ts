export { WorkerModule } from './module.js';
export { isolateSchema, type WorkerOptions } from './options.js';
export type { Remote } from './remote.js';
