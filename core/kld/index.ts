import './events.js';

export {
  type BaseContext,
  type DefinedModule,
  defineModule,
  type Injectable,
  type LoadArguments,
  type ModuleContext,
  type ModuleParts,
  type Settings,
} from './define.js';
export { KldError } from './errors.js';
export {
  ISOLATION,
  type Isolate,
  type Isolated,
  type Isolation,
  type IsolationInfo,
  type IsolationKinds,
  type IsolationName,
  Isolations,
} from './isolation.js';
export type { LinkerFile, LinkerFileState, ModuleInfo, ModuleInspection } from './linker-file.js';
export type { LoadOptions, Reloaded, ReloadOptions } from './load-options.js';
export type { RunningModule } from './loader.js';
export { exportsOf, locateModule, type ModuleImporter } from './locate.js';
export {
  isModuleClass,
  isModuleName,
  Module,
  type ModuleClass,
  type ModuleDefinition,
  type ModuleEnd,
  type ModuleLifecycle,
  type ModuleReference,
  moduleDefinition,
} from './module.js';
export { type ModuleOffers, notOffered } from './offers.js';
export { Optional, optional } from './optional.js';
export { originOf } from './origin.js';
export { Scope } from './scope.js';
export { TaskError } from './scope-time.js';
export { CheckedSettings } from './settings.js';
export type { Seat } from './stage.js';
export { RANDOM, SETTINGS } from './tokens.js';
export type { UnloadOptions } from './unloader.js';
