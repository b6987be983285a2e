/**
 * devd: rules over devctl(4) records, the actions they run and the clients that listen.
 *
 * `language/` reads devd.conf as the genuine parser does; `ere/` takes POSIX expressions; `record/` reads a record;
 * `rules/` finds the rule that fires; `quoting/` puts values into commands. None of these knows a file or a socket.
 */

export { DevdConfigError, type LoadedConfig, loadConfig, readConfig } from './daemon/config.js';
export { Engine, type Firing } from './daemon/firing.js';
export { guessMedia, probeMedia } from './daemon/media.js';
export { DevdModule, type DevdSettings } from './daemon/module.js';
export { pidFileOf } from './daemon/rules.js';
export { compileEre, type Ere, EreError } from './ere/index.js';
export * from './language/index.js';
export { checkConfig, type Warning } from './lint/index.js';
export { ActionCommand, environmentName, QuotingError, type QuotingStyle } from './quoting/index.js';
export { type DevctlRecord, type ReadOptions, readRecord } from './record/index.js';
export * from './rules/index.js';
