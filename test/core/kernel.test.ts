import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  EventHandler,
  Kernel,
  type LogRecord,
  Module,
  type ModuleClass,
  VirtualClock,
} from '../../core/index.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-kernel-'));
after(() => rmSync(folder, { recursive: true }));
const base = pathToFileURL(`${folder}/`).href;
const core = new URL('../../core/index.js', import.meta.url).href;

function writeModule(file: string, text: string): void {
  writeFileSync(join(folder, file), `import { Module } from '${core}';\n${text}`);
}

test('a module is loaded at run time from a path', async () => {
  writeModule(
    'mine.mjs',
    `class Mine { hello = 'from a file'; } Module({ name: 'mine' })(Mine); export default Mine;`,
  );
  writeModule('named.mjs', `export class Named {} Module({ name: 'named' })(Named); export const other = 1;`);
  await using kernel = new Kernel({ base });
  const mine = (await kernel.load('./mine.mjs')) as { hello: string };
  assert.equal(mine.hello, 'from a file');
  await kernel.load(`${base}named.mjs`);
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['mine', 'named'],
  );
});

test('a module is loaded at run time from a package, found as the program that loads it would', async () => {
  const packageFolder = join(folder, 'node_modules', 'carpet-pager');
  mkdirSync(packageFolder, { recursive: true });
  writeFileSync(join(packageFolder, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  writeModule(
    'node_modules/carpet-pager/index.js',
    `export class Pager {} Module({ name: 'pager' })(Pager);`,
  );
  writeFileSync(join(folder, 'program.mjs'), 'export default (specifier) => import(specifier);');
  const program = (await import(`${base}program.mjs`)) as {
    default: (specifier: string) => Promise<unknown>;
  };
  await using kernel = new Kernel({ import: program.default });
  await kernel.load('carpet-pager');
  await kernel.load('./mine.mjs');
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['pager', 'mine'],
  );
  await assert.rejects(new Kernel().load('carpet-pager'), {
    code: 'ENOENT',
    message: /cannot load carpet-pager/,
  });
});

test('what cannot be loaded is named', async () => {
  writeModule('none.mjs', 'export const x = 1;');
  writeModule(
    'two.mjs',
    `export class A {} Module({ name: 'a' })(A); export class B {} Module({ name: 'b' })(B);`,
  );
  await using kernel = new Kernel({ base });
  await assert.rejects(kernel.load('./absent.mjs'), /cannot load \.\/absent\.mjs/);
  await assert.rejects(kernel.load('./none.mjs'), /none\.mjs exports no module/);
  await assert.rejects(kernel.load('./two.mjs'), /two\.mjs exports several modules \(A, B\)/);
  await assert.rejects(new Kernel().load('./x.js'), /from where\?/);
  // An absolute path needs no base.
  await assert.rejects(new Kernel().load(join(folder, 'none.mjs')), /none\.mjs exports no module/);
});

test('a module of another copy of carpet is named as such', async () => {
  const copy = join(folder, 'copy');
  cpSync(fileURLToPath(new URL('../../core', import.meta.url)), join(copy, 'core'), { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(copy, 'node_modules'));
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(copy, 'foreign.mjs'),
    `import { Module } from './core/index.js'; export class Foreign {} Module({ name: 'foreign' })(Foreign);`,
  );
  await using kernel = new Kernel({ base });
  await assert.rejects(kernel.load('./copy/foreign.mjs'), {
    code: 'EMODULE',
    message: /foreign\.mjs belongs to another copy of carpet/,
  });
  const { Foreign } = (await import(pathToFileURL(join(copy, 'foreign.mjs')).href)) as {
    Foreign: ModuleClass;
  };
  await assert.rejects(kernel.load(Foreign), {
    code: 'EMODULE',
    message: /^Foreign belongs to another copy/,
  });
});

test('a file that cannot be imported is told from one that is not there', async () => {
  writeFileSync(join(folder, 'syntax.mjs'), 'export const x = 1;\n\nlet x error;\n');
  writeFileSync(join(folder, 'throws.mjs'), '\nnull.x;\n');
  writeFileSync(join(folder, 'needs.mjs'), `import './nothing.mjs';`);
  await using kernel = new Kernel({ base });
  await assert.rejects(kernel.load('./syntax.mjs'), {
    code: 'EIMPORT',
    message: new RegExp(`^cannot load \\./syntax\\.mjs: SyntaxError: .*'x'`),
  });
  await assert.rejects(kernel.load('./throws.mjs'), {
    code: 'EIMPORT',
    message: new RegExp(`^cannot load \\./throws\\.mjs: TypeError: .* \\(${base}throws\\.mjs:2\\)$`),
  });
  await assert.rejects(kernel.load('./needs.mjs'), { code: 'ENOENT', message: /nothing\.mjs/ });
});

test('shutdown runs its phases in order, async handlers awaited, then unloads', async () => {
  const seen: string[] = [];
  @Module({ name: 'last' })
  class Last {
    stop(): void {
      seen.push('unloaded');
    }
  }
  const kernel = new Kernel();
  await kernel.load(Last);
  for (const phase of ['shutdown_final', 'shutdown_post_sync', 'shutdown_pre_sync'] as const) {
    kernel.eventhandler.register(phase, async (howto) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${phase} ${howto}`);
    });
  }
  await Promise.all([kernel.shutdown('reboot'), kernel.shutdown()]);
  assert.deepEqual(seen, [
    'shutdown_pre_sync reboot',
    'shutdown_post_sync reboot',
    'shutdown_final reboot',
    'unloaded',
  ]);
  assert.equal(kernel.clock.armed, 0);
});

test('a shutdown handler that invokes its own list without end keeps nothing from going down', async () => {
  const records: LogRecord[] = [];
  const seen: string[] = [];
  @Module({ name: 'polite' })
  class Polite {
    stop(): void {
      seen.push('stopped');
    }
  }
  const kernel = new Kernel({ log: (record) => records.push(record) });
  const { eventhandler } = kernel;
  await kernel.load(Polite);
  eventhandler.register('shutdown_pre_sync', (howto) => eventhandler.invoke('shutdown_pre_sync', howto));
  eventhandler.register('shutdown_final', () => seen.push('final'));
  await kernel.shutdown();
  assert.deepEqual(seen, ['final', 'stopped']);
  assert.match(records[0]!.message, /^shutdown_pre_sync: stopped at \d+ dispatches within each other/);
});

test('a shutdown handler that hangs is left behind at the deadline', async () => {
  const records: LogRecord[] = [];
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock, log: (record) => records.push(record) });
  kernel.eventhandler.register('shutdown_pre_sync', () => new Promise(() => {}));
  let final = false;
  kernel.eventhandler.register('shutdown_final', () => {
    final = true;
  });
  const down = kernel.shutdown();
  await clock.advance(9_999);
  assert.equal(records.length, 0);
  await clock.advance(1);
  await down;
  assert.match(records[0]!.message, /shutdown_pre_sync handlers took too long/);
  assert.equal(final, false);
});

test('a module that hangs at the shutdown is left behind, and the others say good-bye', async () => {
  const records: LogRecord[] = [];
  const goodbyes: string[] = [];
  const stopped: string[] = [];
  @Module({ name: 'first' })
  class First {
    async stop(): Promise<void> {
      await Promise.resolve();
      goodbyes.push('first');
    }
  }
  @Module({ name: 'hangs-in-stop' })
  class HangsInStop {
    stop(): Promise<void> {
      return new Promise(() => {});
    }
  }
  @Module({ name: 'hangs-in-handler' })
  class HangsInHandler {
    @EventHandler('shutdown_pre_sync')
    onShutdown(): Promise<void> {
      return new Promise(() => {});
    }

    stop(): void {
      stopped.push('hangs-in-handler');
    }
  }
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock, log: (record) => records.push(record) });
  await kernel.load(First);
  await kernel.load(HangsInStop);
  await kernel.load(HangsInHandler);
  let down = false;
  void kernel.shutdown().then(() => {
    down = true;
  });
  await clock.advance(10_000 + 10_000 + 99);
  assert.deepEqual(goodbyes, []);
  await clock.advance(1);
  assert.deepEqual([goodbyes, down], [['first'], true]);
  assert.deepEqual(stopped, ['hangs-in-handler'], 'what hangs in a handler is asked to stop all the same');
  assert.equal(
    records.at(-1)!.message,
    'shutdown: left behind, since they took too long: hangs-in-handler (its handlers); hangs-in-stop (its stop)',
  );
});
