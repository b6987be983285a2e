/** Runs npm in tests and tools, and copies the sources for it to work on. */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Today's PATH, with the Node that runs this before any other: npm and native builds use the first they find. */
export const PATH = pathOf(process.execPath);

/** A PATH on which `node` is the given program. */
export function pathOf(node: string): string {
  return [dirname(node), process.env['PATH'] ?? ''].join(delimiter);
}

/** npm's own word, not an install script's, when it reaches neither its cache nor the registry. */
const OFFLINE =
  /^npm (?:error|ERR!) code (?:ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT)$/m;

/** Thrown by {@link npm} when it needs the network and there is none. */
export class Offline extends Error {}

/** Runs npm in a folder. @returns its stdout @throws Offline, or Error with npm's output when it fails */
export function npm(cwd: string, args: readonly string[], path = PATH): string {
  const env = { ...process.env, PATH: path };
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd, env, encoding: 'utf8' });
  if (error) throw error;
  if (status === 0) return stdout;
  const Failure = OFFLINE.test(stderr) ? Offline : Error;
  throw new Failure(`npm ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

/** Copies the project into a folder, without what was installed and compiled. */
export function copySources(folder: string): void {
  const filter = (path: string): boolean => !['.git', 'dist', 'node_modules'].includes(basename(path));
  for (const name of readdirSync(root))
    cpSync(join(root, name), join(folder, name), { recursive: true, filter });
}
