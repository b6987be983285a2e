import {
  Counter,
  type Scope,
  type Sysctl,
  SysctlBool,
  SysctlEnum,
  SysctlInt,
  type SysctlNode,
  SysctlString,
} from '../../core/index.js';
import type { SysctlMessage, ToWorker } from './protocol.js';

/** The sysctls of a module in a thread, in the kernel's tree: written there, they are set in the thread. */
export class SysctlMirror {
  readonly #scope: Scope;
  readonly #post: (messages: readonly ToWorker[]) => void;
  readonly #nodes = new Map<string, SysctlNode>();
  /** Ends following the node of that name. */
  readonly #followers = new Map<string, Disposable>();
  /** The thread's own values are being stored. */
  #reporting = false;

  constructor(scope: Scope, post: (messages: readonly ToWorker[]) => void) {
    this.#scope = scope;
    this.#post = post;
  }

  /** One that a thread before had keeps the value, if it can be written. @throws SysctlError EEXIST */
  add(message: SysctlMessage): void {
    const { name } = message;
    const known = this.#nodes.get(name);
    if (known === undefined) this.#nodes.set(name, this.#scope.sysctl.add(this.#make(message)));
    else if (known.readonly) this.#started(known, message);
    else this.#post([{ type: 'set-sysctl', name, value: known.value, kept: true }]);
  }

  /** The module has it no more. */
  remove(name: string, tree: Sysctl): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    this.#nodes.delete(name);
    if (tree.get(name) === node) tree.remove(name);
    this.#scope.disown(node);
    const follower = this.#followers.get(name);
    if (follower !== undefined) void this.#scope.release(follower);
    this.#followers.delete(name);
  }

  /** Values as the thread has them now, which it says once: one that fails keeps back no other. @throws the first error */
  store(values: Readonly<Record<string, unknown>>): void {
    const errors: unknown[] = [];
    for (const [name, value] of Object.entries(values)) {
      const node = this.#nodes.get(name);
      if (node === undefined) continue;
      try {
        this.#report(() => {
          node.value = value;
        });
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  #make(message: SysctlMessage): SysctlNode {
    const { name, kind, description, min, max, values = [] } = message;
    if (kind === 'counter') return this.#started(new Counter(name, description), message);
    const { readonly, cumulative = false } = message;
    const common = { description, readonly, cumulative };
    const value = message.default as never;
    const limits = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    const node: SysctlNode =
      kind === 'int'
        ? new SysctlInt(name, { ...common, value, ...limits, ...(cumulative && this.#adding(name)) })
        : kind === 'bool'
          ? new SysctlBool(name, { ...common, value })
          : kind === 'enum'
            ? new SysctlEnum(name, { ...common, value, values })
            : new SysctlString(name, { ...common, value });
    const follower = node.onChange((written) => {
      if (!this.#reporting) this.#post([{ type: 'set-sysctl', name, value: written }]);
    });
    this.#followers.set(name, this.#scope.own(follower));
    return this.#started(node, message);
  }

  /** What is added to the value is known in the thread alone. */
  #adding(name: string): { readonly set: (written: number, old: number) => number } {
    return {
      set: (written, old) => {
        this.#post([{ type: 'set-sysctl', name, value: written }]);
        return old;
      },
    };
  }

  #started(node: SysctlNode, { value }: SysctlMessage): SysctlNode {
    this.#report(() => {
      node.value = value;
    });
    return node;
  }

  /** Stores what the thread has, which it need not be told. */
  #report(store: () => void): void {
    this.#reporting = true;
    try {
      store();
    } finally {
      this.#reporting = false;
    }
  }
}
