import type { EventHandlerListInfo } from './eventhandler/index.js';
import type { ModuleInspection } from './kld/linker-file.js';
import type { SysctlNode } from './sysctl/index.js';
import type { CalloutInfo } from './time/index.js';

/** Everything that can be seen of a kernel at one moment, as plain data: `JSON.stringify(kernel.inspect())`. */
export interface KernelInspection {
  /** The kernel's name. */
  readonly name: string;
  /** The clock's now, to which the callouts' deadlines refer, in milliseconds. */
  readonly now: number;
  /** The wall time, in milliseconds since 1970. */
  readonly time: number;
  /** The loaded modules, dependencies before their dependents. */
  readonly modules: readonly ModuleInspection[];
  /** Every event list with its handlers in the order of their calls, by name. */
  readonly lists: readonly EventHandlerListInfo[];
  /** The armed callouts of this kernel's modules, and those of the clock that belong to no kernel: the next first. */
  readonly callouts: readonly CalloutInfo[];
  /** Every tunable and counter, by name. */
  readonly sysctls: readonly SysctlInspection[];
}

/** A sysctl, as {@link Kernel.inspect} shows it. */
export interface SysctlInspection {
  readonly name: string;
  readonly kind: SysctlNode['kind'];
  readonly value: string | number | boolean;
  readonly default: string | number | boolean;
  readonly readonly: boolean;
  readonly description: string;
}

/** A node's name, value and description as plain data. */
export function inspectSysctl(node: SysctlNode): SysctlInspection {
  const { name, kind, readonly, description } = node;
  return { name, kind, value: plain(node.value), default: plain(node.default), readonly, description };
}

function plain(value: unknown): string | number | boolean {
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}
