import {
  Counter,
  SysctlBool,
  SysctlEnum,
  type SysctlEnumOptions,
  SysctlInt,
  type SysctlIntOptions,
  SysctlString,
} from './kinds.js';
import { SysctlError, type SysctlNode, type SysctlOptions } from './node.js';

/** What can make nodes: the tree itself, and a module's scope, which also removes them. */
export abstract class SysctlMaker {
  int(name: string, options: SysctlIntOptions): SysctlInt {
    return this.add(new SysctlInt(name, options));
  }

  bool(name: string, options: SysctlOptions<boolean>): SysctlBool {
    return this.add(new SysctlBool(name, options));
  }

  string(name: string, options: SysctlOptions<string>): SysctlString {
    return this.add(new SysctlString(name, options));
  }

  enum<V extends string>(name: string, options: SysctlEnumOptions<V>): SysctlEnum<V> {
    return this.add(new SysctlEnum(name, options));
  }

  counter(name: string, description: string): Counter {
    return this.add(new Counter(name, description));
  }

  /** Puts a node into the tree. @throws SysctlError EEXIST when the name is taken */
  abstract add<N extends SysctlNode>(node: N): N;
}

/**
 * sysctl(9): the tree of named tunables and counters of one kernel. Names are FreeBSD's where FreeBSD has the thing
 * (net.inet.carp.preempt), Linux's where Linux has it (net.ipv4.conf.eth0.arp_notify).
 *
 * A module makes its nodes through its scope, which removes them when the module goes; the maker keeps the node and
 * reads `node.value` without a look-up. Others go by name: `get`, `set`, `list`.
 */
export class Sysctl extends SysctlMaker {
  readonly #nodes = new Map<string, SysctlNode>();

  override add<N extends SysctlNode>(node: N): N {
    if (!/^[a-z0-9_]+(\.[\w@%:-]+)+$/i.test(node.name)) {
      throw new SysctlError(
        'EINVAL',
        `"${node.name}" is no sysctl name: words joined by dots, as net.inet.carp.log`,
      );
    }
    if (this.#nodes.has(node.name)) throw new SysctlError('EEXIST', `sysctl ${node.name} exists already`);
    this.#nodes.set(node.name, node);
    return node;
  }

  /** @returns whether there was such a node */
  remove(name: string): boolean {
    return this.#nodes.delete(name);
  }

  get(name: string): SysctlNode | undefined {
    return this.#nodes.get(name);
  }

  /**
   * sysctl(8)'s `name=value`: parses a text, checks the limits, runs the node's handler.
   *
   * @throws SysctlError ENOENT when there is no such node, else as {@link SysctlNode.write}
   */
  set(name: string, value: unknown): void {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new SysctlError('ENOENT', `unknown sysctl ${name}`);
    node.write(value);
  }

  /**
   * A node's value by its name. Also answers in an address space of a module's own, for the whole kernel's sysctls.
   * @throws SysctlError ENOENT
   */
  async read(name: string): Promise<unknown> {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new SysctlError('ENOENT', `unknown sysctl ${name}`);
    return node.value;
  }

  /** As {@link set}, also from an address space of a module's own. @throws SysctlError as `set` */
  async write(name: string, value: unknown): Promise<void> {
    this.set(name, value);
  }

  /** All nodes, or those below a prefix (`net.inet.carp`), by name. */
  list(prefix = ''): SysctlNode[] {
    const below = `${prefix}.`;
    const names = [...this.#nodes.keys()];
    const listed = prefix === '' ? names : names.filter((name) => name === prefix || name.startsWith(below));
    // Names are ASCII, and sorting them as they are calls no function of ours: a scrape lists the whole tree.
    return listed.toSorted().map((name) => this.#nodes.get(name)!);
  }
}
