export { Counter, SysctlBool, SysctlEnum, SysctlInt, SysctlString } from './kinds.js';
export { SysctlError, SysctlNode, type SysctlOptions } from './node.js';
export { Sysctl, SysctlMaker } from './sysctl.js';
