/** Reads a page of docs/ as a newcomer would: writes the files it shows, runs what it says, sees what it promises. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Fence {
  readonly language: string;
  /** The file that the fence shows, if any. */
  readonly file: string | undefined;
  readonly text: string;
  readonly line: number;
}

export function fences(page: string): Fence[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    file: match[2] === '' ? undefined : match[2],
    text: match[3]!,
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** A folder in which carpet, valibot, OpenTelemetry and Node's types are installed, for as long as `use` runs. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-docs-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
    symlinkSync(root, join(folder, 'node_modules', 'carpet-kernel'));
    // The clone beside which the reader works.
    symlinkSync(root, join(folder, 'carpet'));
    for (const name of ['@types', 'valibot', '@standard-schema', '@opentelemetry']) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function write(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

const TSC = join(root, 'node_modules/typescript/bin/tsc');
const STRIPS_TYPES = Boolean((process.features as { readonly typescript?: unknown }).typescript);

/**
 * Runs `npx tsc` or `node FILE`. A Node that does not run TypeScript runs what the compiler makes of the folder, with the
 * types left out and nothing else changed.
 *
 * @returns what it printed, with its errors when it failed
 */
export function runCommand(folder: string, command: string): string {
  const [program, ...args] = command.split(' ');
  if (program === 'npx') return runNode(folder, command, [TSC, ...args.slice(1)]);
  if (STRIPS_TYPES || !/(\.ts|--test)$/.test(command)) return runNode(folder, command, args);
  runNode(folder, command, [
    TSC,
    '--noEmit',
    'false',
    '--rewriteRelativeImportExtensions',
    '--outDir',
    'stripped',
  ]);
  const stripped = args.map((arg) => arg.replace(/\.ts$/, '.js'));
  return runNode(join(folder, 'stripped'), command, stripped);
}

function runNode(cwd: string, command: string, args: readonly string[]): string {
  // With what the runner of tests gives its children, a `node --test` would not run.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
