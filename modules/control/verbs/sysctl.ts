/** sysctl(8) over the control socket. */
import * as v from 'valibot';
import { type Kernel, type Scope, SysctlError, type SysctlNode } from '../../../core/index.js';

/** One node, for programs. */
interface SysctlDocument {
  readonly name: string;
  readonly value: unknown;
  readonly kind: SysctlNode['kind'];
  readonly default: unknown;
  readonly readonly: boolean;
  readonly description: string;
}

export function registerSysctlVerbs(scope: Scope, kernel: Kernel): void {
  scope.verb({
    name: 'sysctl',
    summary: 'show sysctls: all, or those of the names or prefixes given',
    access: 'read',
    input: v.strictObject({
      names: v.optional(
        v.pipe(v.array(v.string()), v.description('names, or prefixes such as net.inet.carp')),
      ),
    }),
    positional: ['names...'],
    run: ({ names }) => (names === undefined ? kernel.sysctl.list() : below(kernel, names)).map(document),
    text: (nodes: SysctlDocument[]) => nodes.map(({ name, value }) => `${name}: ${String(value)}`).join('\n'),
  });
  scope.verb({
    name: 'sysctl.set',
    summary: 'change a sysctl',
    access: 'write',
    input: v.strictObject({
      name: v.string(),
      value: v.union([v.string(), v.number(), v.boolean()]),
    }),
    positional: ['name', 'value'],
    run({ name, value }) {
      const node = kernel.sysctl.get(name);
      const old = node?.value;
      kernel.sysctl.set(name, value);
      return { name, old, value: node!.value };
    },
    text: ({ name, old, value }: { name: string; old: unknown; value: unknown }) =>
      `${name}: ${String(old)} -> ${String(value)}`,
  });
}

/**
 * In one pass over the tree, and each node once: a stranger's request has room for a thousand names, and that many trees
 * would be more than the kernel's memory.
 */
function below(kernel: Kernel, names: readonly string[]): SysctlNode[] {
  const found = new Map<string, SysctlNode[]>(names.map((name) => [name, []]));
  for (const node of kernel.sysctl.list())
    for (const prefix of prefixes(node.name)) found.get(prefix)?.push(node);
  const unknown = names.find((name) => found.get(name)!.length === 0);
  if (unknown !== undefined)
    throw new SysctlError('ENOENT', `unknown sysctl ${unknown}: carpet sysctl -a lists them`);
  return [...new Set([...found.values()].flat())];
}

/** `net`, `net.inet` and `net.inet.carp` of `net.inet.carp`. */
function* prefixes(name: string): Generator<string> {
  for (let end = name.indexOf('.'); end >= 0; end = name.indexOf('.', end + 1)) yield name.slice(0, end);
  yield name;
}

function document({
  name,
  value,
  kind,
  default: initial,
  readonly,
  description,
}: SysctlNode): SysctlDocument {
  return { name, value, kind, default: initial, readonly, description };
}
