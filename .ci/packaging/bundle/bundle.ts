/**
 * @module
 * The program as few files instead of many hundred, each of which costs time to start and memory to keep.
 *
 * A bundle is a folder like the package's. What package.json exports, the program and its threads are files of their own,
 * in their own places; what they share is in dist/chunks. So a user's module that imports `carpet-kernel` gets the classes
 * of the program that runs. Names stay as they are written: they are in messages and in stacks.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Packages that stay as they are: each has a part for one platform, which it finds from where its own file is. */
export const EXTERNAL: readonly string[] = ['koffi', 'raw-socket'];
/** Files that are started by their name: the program, the daemon, threads. */
const STARTED = /^modules\/.*\/(main|hooks-thread)\.js$/;

/**
 * Bundles a package.
 * @param packed its folder, with package.json and dist
 * @param packages the node_modules with what it depends on
 * @param output the folder of the bundle, which is made anew
 */
export async function bundle(packed: string, packages: string, output: string): Promise<void> {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  cpSync(join(packed, 'package.json'), join(output, 'package.json'));
  const dist = join(packed, 'dist');
  await build({
    absWorkingDir: packed,
    entryPoints: entryPoints(packed).map((file) => join(dist, file)),
    outdir: join(output, 'dist'),
    outbase: dist,
    chunkNames: 'chunks/[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...EXTERNAL],
    nodePaths: [packages],
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [ownPlaces(dist)],
    // Packages of the older kind ask for what Node has by require.
    banner: { js: REQUIRE },
  });
}

const REQUIRE =
  "import{createRequire as __carpetRequire}from'node:module';const require=__carpetRequire(import.meta.url);";

/** From dist on: what package.json exports, and what is started. */
function entryPoints(packed: string): string[] {
  const { exports } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as {
    exports: Record<string, string>;
  };
  const exported = Object.values(exports)
    .filter((path) => path.endsWith('.js'))
    .map((path) => relative('dist', path));
  const files = readdirSync(join(packed, 'dist'), { recursive: true, encoding: 'utf8' });
  return [...exported, ...files.filter((file) => STARTED.test(file))].toSorted();
}

/** A file that asks where it is gets the place that it has in the package, from which it finds others. */
function ownPlaces(dist: string): Plugin {
  return {
    name: 'own places',
    setup: (builder) =>
      builder.onLoad({ filter: /\/dist\/(core|modules)\/.*\.js$/ }, ({ path }) => {
        const place = relative(dist, path);
        const text = readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
        return { contents: text.replaceAll('import.meta.url', `(${DIST} + '${place}')`), loader: 'js' };
      }),
  };
}

/** The URL of dist, in the bundle: nothing below it is called dist. */
const DIST = `import.meta.url.replace(/^(.*\\/dist\\/).*$/s, '$1')`;
