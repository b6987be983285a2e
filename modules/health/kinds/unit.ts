import type { Clock } from '../../../core/index.js';
import { probeCommand } from './command.js';

/** Which unit of systemd must be active. */
export interface UnitSettings {
  readonly name: string;
  /** Of the user's own service manager. */
  readonly userManager?: boolean | undefined;
}

/** `systemctl is-active`: active, or reloading. */
export function probeUnit(
  { name, userManager = false }: UnitSettings,
  signal: AbortSignal,
  clock: Clock,
): Promise<string> {
  const manager = userManager ? ['--user'] : [];
  return probeCommand({ command: ['systemctl', ...manager, 'is-active', '--', name] }, signal, clock);
}
