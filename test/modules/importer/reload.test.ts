/** Modules in files, reloaded while they work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tools from '../../../core/index.js';
import { Kernel } from '../../../core/index.js';
import { importerFrom } from '../../../modules/importer/index.js';
import { collectGarbage } from '../../support/garbage.js';
import { ModuleFolder, PACKAGE } from '../../support/module-folder.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    tick_event(n: number): void;
  }
}

/** How a module's file imports and exports. Before Node 22.12 `require` has no package that is an ES module. */
type Kind = 'mjs' | 'cjs';

(globalThis as { carpetTools?: unknown }).carpetTools = tools;

function imported(kind: Kind, names: string, from: string): string {
  if (kind === 'mjs') return `import { ${names} } from '${from}';`;
  return `const { ${names} } = ${from === PACKAGE ? 'globalThis.carpetTools' : `require('${from}')`};`;
}

function exported(kind: Kind, name: string): string {
  return kind === 'mjs' ? `export { ${name} };` : `exports.${name} = ${name};`;
}

/** A counter whose code says which version it is, in a file that it imports. */
function writeCounter(folder: ModuleFolder, version: number, kind: Kind = 'mjs', query = ''): void {
  folder.write(`version.${kind}`, `const version = ${version};\n${exported(kind, 'version')}`);
  folder.write(
    `counter.${kind}`,
    `${imported(kind, 'EventHandler, inject, Module, Scope', PACKAGE)}
${imported(kind, 'version', `./version.${kind}${query}`)}
class Counter {
  seen = 0;
  last = 0;
  gaps = 0;
  version = version;
  constructor(scope) { this.scope = scope; }
  handover() { return { seen: this.seen, last: this.last, gaps: this.gaps }; }
  takeover(state) { Object.assign(this, state); }
  async start() {
    this.scope.sysctl.counter('test.counter', 'what it counts');
    this.scope.callout('beat', () => undefined).reset(1e6);
    await new Promise((resolve) => setImmediate(resolve));
  }
  onTick(n) {
    this.seen++;
    if (n !== this.last + 1) this.gaps++;
    this.last = n;
  }
  stop() { return new Promise((resolve) => setImmediate(resolve)); }
}
inject(Scope)(Counter, undefined, 0);
EventHandler('tick_event')(Counter.prototype, 'onTick', {});
Module({ name: 'counter' })(Counter);
${exported(kind, 'Counter')}`,
  );
}

function writeUser(folder: ModuleFolder, name: string, kind: Kind = 'mjs'): void {
  folder.write(
    `${name}.${kind}`,
    `${imported(kind, 'EventHandler, inject, Module', PACKAGE)}
${imported(kind, 'Counter', `./counter.${kind}`)}
class User {
  seen = 0;
  constructor(counter) { this.counter = counter; }
  handover() { return this.seen; }
  takeover(state) { this.seen = state; }
  onTick() { this.seen++; }
}
inject(Counter)(User, undefined, 0);
EventHandler('tick_event', 20000)(User.prototype, 'onTick', {});
Module({ name: '${name}', depends: [Counter] })(User);
${exported(kind, 'User')}`,
  );
}

interface Counting {
  readonly seen: number;
  readonly gaps: number;
  readonly version: number;
}

interface CounterModule {
  readonly Counter: new (
    scope: object,
  ) => {
    handover(): object;
    takeover(state: object): void;
    start(): Promise<void>;
    onTick(n: number): void;
    stop(): Promise<void>;
  };
}

/** What a counter needs of a scope, where no kernel is. */
const NO_SCOPE = { sysctl: { counter() {} }, callout: () => ({ reset() {} }) };

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/**
 * By how many bytes a round lets the heap grow. Compiled code comes and goes in steps of half a megabyte: of two halves the
 * smaller growth counts, since what a round keeps it keeps in both.
 */
async function growth(rounds: number, round: (n: number) => Promise<void>): Promise<number> {
  const marks = [heap()];
  for (let n = 1; n <= rounds; n++) {
    await round(n);
    if (n === rounds >> 1 || n === rounds) marks.push(heap());
  }
  const [before, middle, after] = marks as [number, number, number];
  return Math.min(middle - before, after - middle) / (rounds / 2);
}

/** What Node keeps of each version that is imported and used without a kernel, in bytes. */
async function floorOfNode(versions: number): Promise<number> {
  using folder = new ModuleFolder();
  return await growth(versions, async (n) => {
    // As long as the one of a reload, which stands in what Node keeps.
    const query = `?carpet-plainly=${String(n).padStart(36, '0')}.2`;
    writeCounter(folder, n, 'mjs', query);
    const { Counter } = (await import(`${folder.url}counter.mjs${query}`)) as CounterModule;
    const counter = new Counter(NO_SCOPE);
    counter.takeover({ ...counter.handover() });
    await counter.start();
    counter.onTick(1);
    await counter.stop();
  });
}

const RELOADS = Number(process.env['CARPET_CYCLES'] ?? 250);

/**
 * Beyond what Node keeps, which is 17 to 18 kB of an ES module by measurement on Node 20 to 26, and nothing of CommonJS.
 * Machine code that comes and goes makes 2 kB more or less of it, now and then 3 on a busy machine. A leak is there whenever
 * one measures, so that the best of some measurements counts.
 */
const MAX_BYTES_PER_VERSION = 2_500;
const MEASUREMENTS = 3;
/** What the load leaves behind by chance. */
const MAX_BYTES_WITHOUT_CHANGE = 2_000;

for (const kind of ['mjs', 'cjs'] as const) {
  test(`${RELOADS} reloads of ${kind} under load: no event is lost, the code is new each time, heap and handles are flat`, async () => {
    const floor = kind === 'mjs' ? await floorOfNode(RELOADS) : 0;
    using folder = new ModuleFolder();
    writeCounter(folder, 0, kind);
    writeUser(folder, 'one', kind);
    writeUser(folder, 'two', kind);
    await using kernel = new Kernel({ import: importerFrom(folder.origin) });
    const loaded = [
      await kernel.load(`./counter.${kind}`),
      await kernel.load(`./one.${kind}`),
      await kernel.load(`./two.${kind}`),
    ];
    let ticks = 0;
    let waited = 0;
    let over = false;
    const load = (async () => {
      while (!over) {
        for (let i = 0; i < 10; i++) kernel.eventhandler.invoke('tick_event', ++ticks);
        await kernel.eventhandler.invokeAsync('tick_event', ++ticks);
        waited++;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    const classes = loaded.map((each) => each.constructor as new () => Counting);
    const counter = (): Counting => kernel.get(classes[0]!);
    const rounds = (count: number, change: (n: number) => void): Promise<number> =>
      growth(count, async (n) => {
        change(n);
        const { restarted } = await kernel.reload('counter');
        assert.deepEqual(restarted, ['one', 'two']);
      });
    await rounds(50, (n) => writeCounter(folder, n, kind));
    const handles = process.getActiveResourcesInfo().length;
    let version = 50;
    let changed = Infinity;
    for (let i = 0; i < MEASUREMENTS && changed - floor >= MAX_BYTES_PER_VERSION; i++) {
      const kept = await rounds(RELOADS, () => {
        assert.equal(counter().version, version);
        writeCounter(folder, ++version, kind);
      });
      changed = Math.min(changed, kept);
    }
    const unchanged = await rounds(400, () => {});
    over = true;
    await load;
    assert.equal(counter().version, version);
    assert.deepEqual(
      classes.map((cls) => kernel.get(cls).seen),
      [ticks, ticks, ticks],
    );
    assert.equal(counter().gaps, 0, 'each in its order');
    assert.ok(waited > RELOADS, 'there was load');
    assert.ok(process.getActiveResourcesInfo().length <= handles);
    assert.equal(kernel.clock.armed, 1);
    assert.deepEqual(
      kernel.modules().map(({ name, refs }) => `${name} ${refs}`),
      ['counter 3', 'one 1', 'two 1'],
    );
    assert.equal(kernel.eventhandler.lists().find(({ name }) => name === 'tick_event')?.entries.length, 3);
    console.log(
      `a reload keeps ${Math.round(changed)} bytes of a changed ${kind}, ${Math.round(unchanged)} of another;`,
      `Node itself ${Math.round(floor)}; ${ticks} events`,
    );
    assert.ok(
      changed - floor < MAX_BYTES_PER_VERSION,
      `${changed - floor} bytes of each version beside Node's`,
    );
    assert.ok(unchanged < MAX_BYTES_WITHOUT_CHANGE, `${unchanged} bytes for each reload`);
  });
}

for (const file of ['counter.mjs', 'counter.cjs'] as const) {
  test(`nothing of the versions before is kept by the kernel: ${file}`, async () => {
    using folder = new ModuleFolder();
    const isCommonJs = file.endsWith('cjs');
    const write = (version: number): void => {
      const text = `class Counter {
  version = ${version};
  handover() { return 1; }
  takeover() {}
  onTick() {}
}
tools.inject(tools.Scope)(Counter, undefined, 0);
tools.EventHandler('tick_event')(Counter.prototype, 'onTick', {});
tools.Module({ name: 'counter' })(Counter);
`;
      folder.write(
        file,
        isCommonJs
          ? `const tools = globalThis.carpetTools;\n${text}module.exports = Counter;`
          : `import * as tools from '${PACKAGE}';\n${text}export default Counter;`,
      );
    };
    write(0);
    await using kernel = new Kernel({ import: importerFrom(folder.origin) });
    const first = (await kernel.load(`./${file}`)).constructor as new () => Counting;
    const [instances, classes]: WeakRef<object>[][] = [[], []];
    for (let n = 1; n <= 20; n++) {
      write(n);
      await kernel.reload('counter');
      kernel.eventhandler.invoke('tick_event', n);
      const now = kernel.get(first);
      assert.equal(now.version, n);
      instances!.push(new WeakRef(now));
      classes!.push(new WeakRef(now.constructor));
    }
    // A reference that was looked at lives to the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const living = (of: WeakRef<object>[]): number => of.filter((ref) => ref.deref() !== undefined).length;
    assert.equal(living(instances!), 1);
    if (isCommonJs) assert.equal(living(classes!), 1, 'Node keeps ES modules alone');
  });
}

/** Beside the failures of a class, in test/core/kld/reload.test.ts. */
for (const [what, text, code, message] of [
  ['a syntax error', 'export default class {', 'EIMPORT', /SyntaxError/],
  ['a missing import', `import './missing.mjs';`, 'ENOENT', /Cannot find module .*missing\.mjs/],
  ['a throw at import', `throw new Error('bad day');`, 'EIMPORT', /bad day .*counter\.mjs/],
  ['no module', 'export const nothing = 1;', 'EMODULE', /exports no module/],
  [
    'a module of another name',
    `import { Module } from '${PACKAGE}'; export default class Other {} Module({ name: 'other' })(Other);`,
    'EMODULE',
    /counter is not reloaded: its file is the module other now/,
  ],
  ['no file', undefined, 'ENOENT', /Cannot find module/],
] as const) {
  test(`${what} in the file leaves the old version at work`, async () => {
    using folder = new ModuleFolder();
    writeCounter(folder, 1);
    await using kernel = new Kernel({ import: importerFrom(folder.origin) });
    const counter = (await kernel.load('./counter.mjs')) as Counting;
    kernel.eventhandler.invoke('tick_event', 1);
    if (text === undefined) folder.remove('counter.mjs');
    else folder.write('counter.mjs', text);
    await assert.rejects(kernel.reload('counter'), { code, message });
    kernel.eventhandler.invoke('tick_event', 2);
    assert.equal(counter.seen, 2);
    writeCounter(folder, 2);
    await kernel.reload('counter');
    kernel.eventhandler.invoke('tick_event', 3);
    const now = kernel.get(counter.constructor as new () => Counting);
    assert.deepEqual([now.version, now.seen], [2, 3]);
  });
}

test('a kernel without such an importer says what it takes', async () => {
  using folder = new ModuleFolder();
  writeCounter(folder, 1);
  await using kernel = new Kernel({ base: folder.url });
  await kernel.load('./counter.mjs');
  await assert.rejects(kernel.reload('counter'), {
    code: 'EOPNOTSUPP',
    message: /importerFrom\(import\.meta\)/,
  });
});
