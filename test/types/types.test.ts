/** The types, by compiling: what must not compile, what must, and how long it takes as declared events grow in number. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function compile(project: string, ...options: string[]): string {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', project, ...options], { cwd: root, encoding: 'utf8' })
    .stdout;
}

const FAIL = 'test/types/fail/eventhandler.ts';
const read = (file: string): string[] => readFileSync(join(root, file), 'utf8').split('\n');
const lines = read(FAIL);
const refusals = compile('test/types/fail');

test('every line that is marked, and no other, is refused by the compiler', () => {
  const found = [...refusals.matchAll(/^(\S+)\((\d+),\d+\): error/gm)].map(
    ([, file, line]) => `${file}:${line}`,
  );
  const marked = [FAIL, 'test/types/fail/define.ts'].flatMap((file) =>
    read(file).flatMap((line, index) => (line.endsWith('// ERROR') ? [`${file}:${index + 1}`] : [])),
  );
  assert.ok(marked.length > 30);
  assert.deepEqual([...new Set(found)].toSorted(), marked.toSorted());
});

for (const [line, explanation] of [
  [`registry.register('typed_link', (port: string)`, /Type 'Port' is not assignable to type 'string'/],
  [`registry.register('typed_link', () => {}, 5)`, /'5' is not assignable to parameter of type 'undefined'/],
  [`registry.register('typed_lnik'`, /'"typed_lnik"' is not assignable to parameter of type 'AnyEventName'/],
] as const) {
  test(`the refusal of ${line} … names the fault`, () => {
    const number = lines.findIndex((each) => each.startsWith(line)) + 1;
    const [message] = new RegExp(`eventhandler\\.ts\\(${number},[^]*?(?=\n\\S|$)`).exec(refusals) ?? [];
    assert.match(message ?? '', explanation);
  });
}

test('what must compile, does', () => {
  const file = join(root, 'dist/test/types/pass/eventhandler.js');
  assert.match(readFileSync(file, 'utf8'), /class Watcher/, 'test/types/pass is part of the build');
});

/** What the compiler says of one file, which is in no project. */
function compileAlone(text: string, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-types-'));
  try {
    writeFileSync(join(folder, 'events.mts'), text);
    const typeRoots = [join(root, 'node_modules/@types')];
    const compilerOptions = { noEmit: true, incremental: false, typeRoots, rootDir: '/' };
    // Without `include` it would inherit that of the project, and compile all of it.
    const files = { files: ['events.mts'], include: [] };
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, ...files };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    return compile(folder, ...options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The compiler's work for that many events, each declared, handled and invoked once. */
function instantiations(events: number): number {
  const names = Array.from({ length: events }, (_, i) => `event_${i}`);
  const lines = [
    `import { EventHandlerRegistry } from '${root}core/eventhandler/index.js';`,
    `declare module '${root}core/eventhandler/events.js' {`,
    '  interface EventHandlers {',
    ...names.map((name, i) => `    ${name}(a: ${i}, b: string): void;`),
    '  }',
    '}',
    'const registry = new EventHandlerRegistry();',
    ...names.map((name, i) => `registry.register('${name}', (a, b) => [a, b]).valueOf() as ${i} | object;`),
    ...names.map((name, i) => `registry.invoke('${name}', ${i}, 'x');`),
  ];
  const output = compileAlone(lines.join('\n'), '--extendedDiagnostics');
  assert.doesNotMatch(output, /error/);
  return Number(/^Instantiations:\s+(\d+)/m.exec(output)?.[1]);
}

test('checking is linear in the number of declared events', () => {
  const [few, some, many] = [100, 500, 1000].map(instantiations) as [number, number, number];
  const perEvent = (some - few) / 400;
  const perFurtherEvent = (many - some) / 500;
  assert.ok(perEvent > 0);
  assert.ok(
    perFurtherEvent < perEvent * 1.1,
    `an event costs ${perEvent} instantiations, beyond 500 events ${perFurtherEvent}`,
  );
});

test('an event of which the import is missing says which, at every door', () => {
  const uses = [
    "registry.register('carp_state_event', () => {});",
    "registry.register('carp_state_event', { handler: () => {}, priority: 5 });",
    "registry.invoke('carp_state_event');",
    "registry.invokeAsync('carp_state_event');",
    "registry.invokeUntil(new AbortController().signal, 'carp_state_event');",
    "registry.defineList('carp_state_event');",
    "registry.findList('carp_state_event');",
    "registry.once('carp_state_event');",
    "registry.until('carp_state_event', () => true);",
    "registry.events('carp_state_event');",
    "scope.register('carp_state_event', () => {});",
    "scope.defineList('carp_state_event');",
    "EventHandler('carp_state_event');",
    "defineModule({ name: 'm', on: { carp_state_event: () => {} } });",
  ];
  const preamble = [
    `import { defineModule, EventHandler, type EventHandlerRegistry, type Scope } from '${root}core/index.js';`,
    'declare const registry: EventHandlerRegistry, scope: Scope;',
  ];
  const output = compileAlone([...preamble, ...uses].join('\n'));
  const errors = output.split(/^(?=\S+\(\d+,\d+\): )/m);
  for (const [index, use] of uses.entries()) {
    const line = index + preamble.length + 1;
    const found = errors.filter((error) => error.includes(`events.mts(${line},`)).join('');
    assert.match(found, /MissingImport<"carpet-kernel\/carp">/, use);
  }
});
