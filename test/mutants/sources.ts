import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative } from 'node:path';
import type { Node, SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import type { Copy } from './copy.js';

/** Of code in a report. */
const MAX_SHOWN = 90;

/** A compiled file that is to be mutated, with the way back to its source. */
export interface CompiledFile {
  /** Under dist/, as `core/eventhandler/list.js`. */
  readonly path: string;
  readonly tree: SourceFile;
  /** Where a node stands in the TypeScript source. */
  lineOf(node: Node): number;
}

/** Reads compiled files with the TypeScript compiler, which parses JavaScript too. */
export function readCompiled(copy: Copy, folder: string): CompiledFile[] {
  const paths = compiledFiles(copy, folder);
  const config = join(copy.root, 'mutants.tsconfig.json');
  const compilerOptions = { allowJs: true, noResolve: true, noLib: true, noEmit: true, types: [] };
  writeFileSync(
    config,
    JSON.stringify({
      compilerOptions: { ...compilerOptions, module: 'nodenext', target: 'es2022' },
      files: paths.map((path) => copy.path(path)),
    }),
  );
  const api = new API({ cwd: copy.root });
  try {
    using snapshot = api.updateSnapshot({ openProjects: [config] });
    const { program } = snapshot.getProject(config)!;
    return paths.map((path) => {
      const tree = program.getSourceFile(copy.path(path))!;
      const map = sourceMap(`${copy.path(path)}.map`);
      return { path, tree, lineOf: (node) => originalLine(map, tree, node) };
    });
  } finally {
    api.close();
    rmSync(config);
  }
}

/** Code on one line, as short as it can be and still be found. */
export function shown(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ').trim();
  return line.length <= MAX_SHOWN ? line : `${line.slice(0, MAX_SHOWN - 1)}…`;
}

function compiledFiles(copy: Copy, folder: string): string[] {
  const single = copy.path(folder.replace(/\.ts$/, '.js'));
  if (statSync(single, { throwIfNoEntry: false })?.isFile() === true)
    return [relative(copy.path(''), single)];
  return readdirSync(join(copy.original, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file.replace(/\.ts$/, '.js')))
    .toSorted();
}

/** Undefined for code that was not compiled. */
function sourceMap(path: string): SourceMap | undefined {
  return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

function originalLine(map: SourceMap | undefined, { text }: SourceFile, node: Node): number {
  const before = text.slice(0, node.getStart()).split('\n');
  if (map === undefined) return before.length;
  const entry = map.findEntry(before.length - 1, before.at(-1)!.length);
  return 'originalLine' in entry ? entry.originalLine + 1 : 0;
}
