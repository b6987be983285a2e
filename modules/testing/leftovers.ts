import { CarpetError, type Kernel } from '../../core/index.js';

/**
 * Runs `use`, which loads modules and unloads them, and compares the kernel before and after: its modules, handlers,
 * callouts, sysctls and verbs.
 *
 * @throws CarpetError ELEAK that names what was left
 */
export async function assertNothingLeft(kernel: Kernel, use: () => Promise<unknown>): Promise<void> {
  const before = countsOf(kernel);
  await use();
  const left = [...countsOf(kernel)].flatMap(([thing, count]) => {
    const more = count - (before.get(thing) ?? 0);
    return more > 0 ? [more === 1 ? thing : `${thing} (${more})`] : [];
  });
  if (left.length > 0) throw new CarpetError('ELEAK', `left behind:\n  ${left.join('\n  ')}`);
}

function countsOf(kernel: Kernel): Map<string, number> {
  const { modules, lists, callouts, sysctls } = kernel.inspect();
  const things = [
    ...modules.map(({ name }) => `module ${name}`),
    ...lists.flatMap(({ name, entries }) => entries.map(({ handler }) => `handler ${handler} of ${name}`)),
    ...callouts.map(({ name }) => `callout ${name}`),
    ...sysctls.map(({ name }) => `sysctl ${name}`),
    ...kernel.verbs.list().map(({ name }) => `verb ${name}`),
  ];
  const counts = new Map<string, number>();
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1);
  return counts;
}
