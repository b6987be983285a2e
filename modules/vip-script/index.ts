/** Programs as address providers: `VipScriptModule`. */
export { VipScriptModule } from './module.js';
export type { ScriptSettings, VipScriptConfig } from './settings.js';
