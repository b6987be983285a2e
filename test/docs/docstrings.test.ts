/** Every export of every entry point has a docstring on its declaration, where editors and the reference find it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import {
  API,
  type Checker,
  type Project,
  SymbolFlags,
  type Symbol as TypeScriptSymbol,
} from 'typescript/unstable/sync';
import { root } from '../support/npm.js';

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
}

/** The sources of the package's entry points. */
function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  return Object.values(exports)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts'));
}

/** What a name that an entry point exports stands for, behind any number of re-exports. */
function declared(checker: Checker, exported: TypeScriptSymbol): TypeScriptSymbol {
  return (exported.flags & SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported);
}

/** A file's own note is not its first declaration's. */
function hasDocstring(checker: Checker, symbol: TypeScriptSymbol): boolean {
  const tags = checker.getJsDocTagsOfSymbol(symbol).map(({ name }) => name);
  return checker.getDocumentationCommentOfSymbol(symbol) !== '' && !tags.includes('module');
}

/** Numbers with the names that C headers give them, which say more than a sentence here could. */
const HEADERS = 'modules/libc/constants.ts';

/** `file: name` of exports without a docstring. */
function undocumented(project: Project, entry: string): string[] {
  const { checker, program } = project;
  const file = program.getSourceFile(join(root, entry));
  const module = file && checker.getSymbolAtLocation(file);
  assert.ok(module, `${entry} is a module of the project`);
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = declared(checker, exported);
    const source = relative(root, symbol.declarations[0]?.path ?? '');
    const ours = /^(core|modules)\//.test(source) && source !== HEADERS;
    return !ours || hasDocstring(checker, symbol) ? [] : [`${source}: ${exported.name}`];
  });
}

test('every export of every entry point has a docstring on its declaration', () => {
  const api = new API({ cwd: root });
  try {
    using snapshot = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] });
    const project = snapshot.getProject(join(root, 'tsconfig.json'))!;
    const missing = new Set(entryPoints().flatMap((entry) => undocumented(project, entry)));
    assert.equal(
      missing.size,
      0,
      `these exports lack a docstring:\n  ${[...missing].toSorted().join('\n  ')}`,
    );
  } finally {
    api.close();
  }
});
