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
    run: ({ names }) =>
      (names === undefined ? kernel.sysctl.list() : names.flatMap((name) => below(kernel, name))).map(
        document,
      ),
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
      const [node] = below(kernel, name);
      const old = node!.value;
      kernel.sysctl.set(name, value);
      return { name, old, value: node!.value };
    },
    text: ({ name, old, value }: { name: string; old: unknown; value: unknown }) =>
      `${name}: ${String(old)} -> ${String(value)}`,
  });
}

function below(kernel: Kernel, name: string): SysctlNode[] {
  const nodes = kernel.sysctl.list(name);
  if (nodes.length === 0) throw new SysctlError('ENOENT', `unknown sysctl ${name}`);
  return nodes;
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
