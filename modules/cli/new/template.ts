import type { Language } from './language.js';

/** Ranges of versions by the package's name. */
export type PackageVersions = Readonly<Record<string, string>>;

/** The files of a new module, by name. */
export function moduleFiles(
  name: string,
  language: Language,
  versions: PackageVersions,
): Readonly<Record<string, string>> {
  const ext = language === 'ts' ? 'ts' : 'mjs';
  return {
    [`${name}.${ext}`]: moduleText(name, language),
    [`${name}.test.${ext}`]: testText(name, language),
    'package.json': packageText(name, language, versions),
    ...(language === 'ts' && { 'tsconfig.json': TSCONFIG }),
    'README.md': readmeText(name, ext),
  };
}

function moduleText(name: string, language: Language): string {
  const event = `${name.replaceAll(/\W/g, '_')}_event`;
  const types = `
declare module 'carpet-kernel' {
  interface EventHandlers {
    /** One more minute, or whatever the interval is, has passed. */
    ${event}(count: number): void;
  }
}
`;
  const state = language === 'ts' ? '(before as { count: number })' : 'before';
  return `import { defineModule, EventHandlerRegistry } from 'carpet-kernel';
import * as v from 'valibot';
${language === 'ts' ? types : ''}
/** Counts at an interval, and invokes ${event} with the count. */
export default defineModule({
  name: '${name}',
  settings: v.object({
    /** Seconds. */
    interval: v.optional(v.pipe(v.number(), v.minValue(1)), 60),
  }),
  inject: { eventhandler: EventHandlerRegistry },
  state: () => ({ count: 0 }),
  start({ scope, settings, eventhandler, state }) {
    const list = eventhandler.defineList('${event}');
    scope.every('count', settings.interval * 1000, () => list.invoke(++state.count));
  },
  on: {
    // Called while the module is loaded. Every event is a function here.
    ${event}({ log }, count) {
      log.info(\`count \${count}\`);
    },
  },
  // A reload keeps the count.
  handover: ({ state }) => ({ count: state.count }),
  takeover({ state }, before) {
    state.count = Number(${state}.count);
  },
});
`;
}

function testText(name: string, language: Language): string {
  const ts = language === 'ts';
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNothingLeft, World } from 'carpet-kernel/testing';
import theModule from './${name}.${ts ? 'ts' : 'mjs'}';

test('${name} counts once per interval, and leaves nothing behind', async (t) => {
  const world = new World();
  t.after(() => world.close());
  const { kernel, log } = await world.host();
  const lines = ()${ts ? ': string[]' : ''} => log.map(({ message }) => message);

  await assertNothingLeft(kernel, async () => {
    await kernel.load(theModule, { interval: 10 });
    await world.advance(25_000);
    assert.deepEqual(lines(), ['count 1', 'count 2']);
    await kernel.unload('${name}');
  });
  await world.advance(25_000);
  assert.equal(lines().length, 2);
});

test('${name} keeps its count when it is reloaded', async (t) => {
  const world = new World();
  t.after(() => world.close());
  const { kernel } = await world.host();

  await kernel.load(theModule);
  await world.advance(60_000);
  await kernel.reload(theModule);
  assert.deepEqual(kernel.get(theModule).state, { count: 1 });
});

test('${name} refuses settings that do not fit', async (t) => {
  const world = new World();
  t.after(() => world.close());
  const { kernel } = await world.host();
  await assert.rejects(kernel.load(theModule, { interval: 0 }), { code: 'ESETTINGS' });
});
`;
}

function packageText(name: string, language: Language, versions: PackageVersions): string {
  const ts = language === 'ts';
  const pick = (...names: string[]): PackageVersions =>
    Object.fromEntries(names.map((each) => [each, versions[each]!]));
  const manifest = {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    exports: `./${name}.${ts ? 'ts' : 'mjs'}`,
    engines: { node: ts ? '>=22.18' : '>=20.19' },
    scripts: { test: 'node --test', ...(ts && { check: 'tsc' }) },
    // The kernel that loads the module brings carpet-kernel: two copies of it do not know each other's modules.
    peerDependencies: pick('carpet-kernel'),
    dependencies: pick('valibot'),
    ...(ts && { devDependencies: { ...pick('typescript'), '@types/node': '^22.18.0' } }),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Node strips types and looks at nothing here; editors and \`npm run check\` do. */
const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "lib": ["es2023", "esnext.disposable"],
    "types": ["node"],
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true
  }
}
`;

function readmeText(name: string, ext: string): string {
  return `# ${name}

A module for [carpet](https://carpet-kernel.example/).

\`\`\`sh
npm install
npm test
\`\`\`

## Use

In a running kernel:

\`\`\`sh
npx carpet kldload ./${name}.${ext} --settings '{"interval": 10}'
npx carpet kldreload ${name}    # after a change of its code
npx carpet kldunload ${name}
\`\`\`

In the settings file of \`carpet up\`, with the path from that file's folder:

\`\`\`yaml
modules:
  ./${name}.${ext}:
    interval: 10
\`\`\`

The kernel and the module must use the same copy of carpet-kernel: install the module where the kernel's is installed,
or run the kernel of this folder, \`npx carpet up\`.

## Settings

| setting | meaning |
|---|---|
| \`interval\` | seconds between two counts; default 60 |
`;
}
