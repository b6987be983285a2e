/** The kernel's settings file: read, checked, described, compared with what runs, and applied. */

export type { JsonSchema } from '../json-schema/index.js';
export { boot } from './boot.js';
export { type Checked, type CheckOptions, checkFiles, checkTexts } from './check/check.js';
export type {
  Configuration,
  LogSettings,
  ModuleSetting,
  SysctlSetting,
  SysctlValue,
} from './configuration.js';
export {
  type Conversion,
  conversionText,
  convertCarpJson,
  convertKeepalived,
  passwordPath,
  passwordRemark,
} from './convert/index.js';
export type { ApplyReason, HistoryRecord } from './history.js';
export { importerFor } from './importer.js';
export {
  type Applied,
  type ApplyOptions,
  BootModule,
  type BootSettings,
  type Difference,
  type Shown,
} from './module.js';
export { ApplyError, type Change, formatChanges } from './plan/index.js';
export { ConfigError, formatProblem, type Place, type Problem } from './problem.js';
export type { Builtin, ModuleRegistry } from './registry.js';
export { fileSchema } from './schema/file-schema.js';
export { showConfiguration } from './show.js';
export type { SourceText } from './source/index.js';
