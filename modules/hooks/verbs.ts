import { type Scope, table } from '../../core/index.js';
import type { HookStatus } from './hook.js';

/** Offers `hooks` for as long as the scope is open. */
export function registerHooksVerbs(scope: Scope, hooks: { list(): HookStatus[] }): void {
  scope.verb({
    name: 'hooks',
    summary: 'show the hooks: what runs and waits, how often they failed, how the last run ended',
    access: 'read',
    run: () => hooks.list(),
    text: hooksText,
  });
}

function hooksText(hooks: readonly HookStatus[]): string {
  if (hooks.length === 0) return 'no hook is configured';
  const rows = hooks.map(({ name, form, running, waiting, runs, failures, last }) => {
    const now = running ? `runs, ${waiting} wait` : 'idle';
    return [name, form, now, String(runs), String(failures), last];
  });
  return table(['HOOK', 'FORM', 'NOW', 'RUNS', 'FAILED', 'LAST'], rows);
}
