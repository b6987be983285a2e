/** The whole kernel at one moment. */
import type { Kernel, KernelInspection, Scope } from '../../../core/index.js';
import { table } from '../../../core/index.js';

export function registerInspectVerb(scope: Scope, kernel: Kernel): void {
  scope.verb({
    name: 'inspect',
    summary: 'show the whole kernel: modules, lists, callouts, sysctls',
    access: 'read',
    run: () => kernel.inspect(),
    text: inspectionText,
  });
}

/** What of it fits a screen: JSON has all of it. */
function inspectionText({ name, now, modules, lists, callouts, sysctls }: KernelInspection): string {
  const handlers = lists.reduce((sum, { entries }) => sum + entries.length, 0);
  const next = callouts
    .slice(0, 20)
    .map((each) => [
      `  ${each.name}`,
      each.deadline === undefined ? '' : `${((each.deadline - now) / 1000).toFixed(3)} s`,
    ]);
  return [
    `kernel ${name}: ${modules.length} modules, ${lists.length} event lists with ${handlers} handlers, ` +
      `${callouts.length} callouts armed, ${sysctls.length} sysctls`,
    '',
    table(
      ['MODULE', 'STATE', 'USED BY'],
      modules.map((each) => [each.name, each.state, each.usedBy.join(' ')]),
    ),
    '',
    callouts.length === 0 ? 'no callout is armed' : table(['NEXT CALLOUTS', 'IN'], next),
  ].join('\n');
}
