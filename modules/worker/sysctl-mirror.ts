import {
  Counter,
  type Scope,
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
  /** The thread's own values are being stored. */
  #reporting = false;

  constructor(scope: Scope, post: (messages: readonly ToWorker[]) => void) {
    this.#scope = scope;
    this.#post = post;
  }

  /** One that a thread before had keeps the value that was written to it. @throws SysctlError EEXIST */
  add(message: SysctlMessage): void {
    const { name } = message;
    const known = this.#nodes.get(name);
    if (known === undefined) this.#nodes.set(name, this.#scope.sysctl.add(this.#make(message)));
    else if (!known.readonly) this.#post([{ type: 'set-sysctl', name, value: known.value }]);
  }

  /** Values as the thread has them now. */
  store(values: Readonly<Record<string, unknown>>): void {
    this.#report(() => {
      for (const [name, value] of Object.entries(values)) {
        const node = this.#nodes.get(name);
        if (node !== undefined) node.value = value;
      }
    });
  }

  #make(message: SysctlMessage): SysctlNode {
    const { name, kind, description, min, max, values = [] } = message;
    if (kind === 'counter') return this.#started(new Counter(name, description), message);
    const common = { description, readonly: message.readonly };
    const value = message.default as never;
    const limits = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    const node: SysctlNode =
      kind === 'int'
        ? new SysctlInt(name, { ...common, value, ...limits })
        : kind === 'bool'
          ? new SysctlBool(name, { ...common, value })
          : kind === 'enum'
            ? new SysctlEnum(name, { ...common, value, values })
            : new SysctlString(name, { ...common, value });
    this.#scope.own(
      node.onChange((written) => {
        if (!this.#reporting) this.#post([{ type: 'set-sysctl', name, value: written }]);
      }),
    );
    return this.#started(node, message);
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
