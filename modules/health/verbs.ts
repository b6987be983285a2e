import { type Scope, table } from '../../core/index.js';
import type { HealthStatus } from './status.js';

/** Offers `health` for as long as the scope is open. */
export function registerHealthVerbs(scope: Scope, health: { list(): HealthStatus[] }): void {
  scope.verb({
    name: 'health',
    summary: 'show the checks: verdict, since when, what the last run found, what it demotes',
    access: 'read',
    run: () => health.list(),
    text: healthText,
  });
}

/** A table of checks. */
export function healthText(checks: readonly HealthStatus[]): string {
  if (checks.length === 0) return 'no check is configured';
  const rows = checks.map(({ name, kind, verdict, age, effect, on, last }) => [
    name,
    kind,
    verdict,
    `${Math.floor(age / 1000)} s`,
    `${effect} ${on}`,
    last,
  ]);
  return table(['CHECK', 'KIND', 'VERDICT', 'FOR', 'EFFECT', 'LAST RUN'], rows);
}
