/** What a module's author imports: `import { Module, EventHandler, inject } from 'carpet-kernel'`. */
export { type InjectionToken, inject, injectable } from './di.js';
export { CarpetError, describe } from './errors.js';
export * from './eventhandler/index.js';
export type { KernelFault } from './faults.js';
export type { KernelInspection, SysctlInspection } from './inspection.js';
export { type IsSecret, type Json, secretPaths, toJson } from './json.js';
export { Kernel, type KernelOptions } from './kernel.js';
export * from './kld/index.js';
export * from './log/index.js';
export { changedMembers, describeChangedMembers, ownMember } from './members.js';
export { type Lifetime, type Provider, type Provision, provider, type Token, token } from './providers.js';
export { type Random, seededRandom, systemRandom } from './random.js';
export type { ShutdownHowto } from './shutdown.js';
export { STORE, type StateStore } from './store.js';
export { type ModuleStates, Succession, type SuccessionPhase } from './succession.js';
export * from './sysctl/index.js';
export * from './time/index.js';
export * from './verb/index.js';
