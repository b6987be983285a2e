/** How a running kernel is brought in line, whole or not at all. Without YAML: it loads in a millisecond. */
export { type Change, formatChanges, type Step } from './change.js';
export { SysctlPlanner } from './sysctls.js';
export { ApplyError, runSteps } from './transaction.js';
