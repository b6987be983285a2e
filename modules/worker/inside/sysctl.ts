import { Sysctl, SysctlEnum, SysctlError, SysctlInt, type SysctlNode } from '../../../core/index.js';
import type { SysctlMessage } from '../protocol.js';

/** Reaches the sysctls of the kernel outside. */
export interface SysctlAccess {
  made(message: SysctlMessage): void;
  gone(name: string): void;
  access(name: string, write?: { readonly value: unknown }): Promise<unknown>;
}

/** Whatever is shown outside, it may be another value. */
const UNKNOWN = Symbol('unknown');

/** The sysctls of a kernel in a thread: the module's own, which the kernel outside shows too, and those of that kernel. */
export class RelayedSysctl extends Sysctl {
  readonly #outside: SysctlAccess;
  readonly #sent = new Map<SysctlNode, unknown>();
  /** Whether what is made is the module's. */
  shows = false;

  constructor(outside: SysctlAccess) {
    super();
    this.#outside = outside;
  }

  override add<N extends SysctlNode>(node: N): N {
    super.add(node);
    if (!this.shows) return node;
    this.#sent.set(node, node.value);
    this.#outside.made(messageOf(node));
    return node;
  }

  override remove(name: string): boolean {
    const node = this.get(name);
    if (node !== undefined && this.#sent.delete(node)) this.#outside.gone(name);
    return super.remove(name);
  }

  /** @throws SysctlError ENOENT for one of the kernel outside: `write` reaches those */
  override set(name: string, value: unknown): void {
    if (this.get(name) !== undefined) return super.set(name, value);
    throw new SysctlError(
      'ENOENT',
      `no sysctl ${name} in this worker: await sysctl.write('${name}', …) reaches the kernel's`,
    );
  }

  override async read(name: string): Promise<unknown> {
    return this.get(name) === undefined ? this.#outside.access(name) : super.read(name);
  }

  override async write(name: string, value: unknown): Promise<void> {
    if (this.get(name) === undefined) await this.#outside.access(name, { value });
    else super.set(name, value);
  }

  /**
   * Does what was done to one of them outside, where the written value is shown until it is known what became of it. A value
   * that a thread before had is no new one to add.
   * @throws SysctlError, or what its `set` handler throws
   */
  follow(name: string, value: unknown, kept: boolean): void {
    const node = this.get(name);
    if (node === undefined) return;
    this.#sent.set(node, UNKNOWN);
    if (!kept || !node.cumulative) node.write(value);
  }

  /** The values that have changed since they were asked for last. */
  changes(): Record<string, unknown> | undefined {
    let changed: Record<string, unknown> | undefined;
    for (const [node, sent] of this.#sent) {
      const { name, value } = node;
      if (Object.is(value, sent)) continue;
      this.#sent.set(node, value);
      changed ??= {};
      changed[name] = value;
    }
    return changed;
  }
}

function messageOf(node: SysctlNode): SysctlMessage {
  const { name, kind, description, value, readonly, cumulative } = node;
  const limits = node instanceof SysctlInt ? { min: node.min, max: node.max } : {};
  const values = node instanceof SysctlEnum ? { values: node.values } : {};
  return {
    type: 'sysctl',
    name,
    kind,
    description,
    value,
    default: node.default,
    readonly,
    cumulative,
    ...limits,
    ...values,
  };
}
