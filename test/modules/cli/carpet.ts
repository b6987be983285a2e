/** Runs the compiled `carpet` to its end. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The compiled front end. */
export const CARPET = fileURLToPath(new URL('../../../modules/cli/main.js', import.meta.url));

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function carpet(args: readonly string[], env: Record<string, string> = {}): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CARPET, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}
