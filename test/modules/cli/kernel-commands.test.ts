/** The commands that ask a running kernel, as somebody types them. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { inject, Module, Scope, seededRandom } from '../../../core/index.js';
import { importerFor } from '../../../modules/boot/index.js';
import { BUILTINS } from '../../../modules/builtin/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { ModuleFolder, PACKAGE } from '../../support/module-folder.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from '../control/support/server.js';
import { CARPET } from './carpet.js';

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not spawnSync: the kernel that is asked lives in this process. */
function carpet(kernel: ControlledKernel, ...args: string[]): Promise<Result> {
  const env = { ...process.env, CARPET_SOCKET: kernel.socket };
  return new Promise((resolve) => {
    execFile(process.execPath, [CARPET, ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

@Module({ name: 'counter' })
class Counter {
  constructor(@inject(Scope) scope: Scope) {
    const node = scope.sysctl.int('kern.counter', { description: 'what was counted', value: 1, max: 100 });
    scope.verb({
      name: 'counter.add',
      summary: 'add to the counter',
      access: 'write',
      input: v.strictObject({ amount: v.number(), twice: v.optional(v.boolean(), false) }),
      positional: ['amount'],
      run: ({ amount, twice }) => (node.value += twice ? 2 * amount : amount),
      text: (value: number) => `the counter is ${value}`,
    });
  }
}

describe('commands for a running kernel', { skip: needs('native') }, () => {
  it('are its verbs: described, carried out and refused there', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(Counter);
    assert.equal((await carpet(kernel, 'counter', 'add', '4')).stdout, 'the counter is 5\n');
    assert.equal((await carpet(kernel, 'counter', 'add', '2', '--twice')).stdout, 'the counter is 9\n');
    assert.equal((await carpet(kernel, 'counter', 'add', '1', '--json')).stdout, '10\n');
    assert.match(
      (await carpet(kernel, 'counter', 'add', '--help')).stdout,
      /Usage: carpet counter add .*<amount>/,
    );
    assert.match(
      (await carpet(kernel, 'help', 'counter', 'add')).stdout,
      /Usage: carpet counter add .*<amount>/,
    );
    const help = (await carpet(kernel, 'help')).stdout;
    assert.match(
      help,
      /\n\nOf the running kernel carpet:\n(  .*\n)*  counter add \[amount\] +add to the counter\n/,
    );
    assert.ok(help.split('\n').every((line) => line.length <= 80) && !help.endsWith('\n\n'), help);
    const wrong = await carpet(kernel, 'counter', 'add', 'many');
    assert.deepEqual([wrong.status, wrong.stdout], [1, '']);
    assert.match(wrong.stderr, /^carpet: counter\.add: amount: .*"many"\n$/);
    const half = await carpet(kernel, 'counter');
    assert.deepEqual(
      [half.status, half.stderr],
      [1, "carpet: neither carpet nor the kernel carpet knows 'counter'; there are: counter add\n"],
    );
    assert.equal((await carpet(kernel, 'kldunload', 'counter')).stdout, 'unloaded counter\n');
    const gone = await carpet(kernel, 'counter', 'add', '4');
    assert.match(
      gone.stderr,
      /^carpet: neither carpet nor the kernel carpet knows 'counter add 4'; see --help\n$/,
    );
  });

  it('sysctl shows, describes and sets, as sysctl(8) does', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(Counter);
    assert.equal((await carpet(kernel, 'sysctl', 'kern.counter')).stdout, 'kern.counter: 1\n');
    assert.equal((await carpet(kernel, 'sysctl', '-n', 'kern.counter')).stdout, '1\n');
    assert.equal(
      (await carpet(kernel, 'sysctl', '-d', 'kern.counter')).stdout,
      'kern.counter: what was counted\n',
    );
    assert.equal((await carpet(kernel, 'sysctl', 'kern.counter=7')).stdout, 'kern.counter: 1 -> 7\n');
    assert.match((await carpet(kernel, 'sysctl', '-a')).stdout, /^kern\.counter: 7$/m);
    const range = await carpet(kernel, 'sysctl', 'kern.counter=700');
    assert.equal(range.stderr, 'carpet: sysctl kern.counter: 700 is not within -9007199254740991 to 100\n');
    const unknown = await carpet(kernel, 'sysctl', 'kern.countess');
    assert.equal(unknown.stderr, 'carpet: unknown sysctl kern.countess: carpet sysctl -a lists them\n');
    assert.equal((await carpet(kernel, 'sysctl')).status, 1);
  });

  it('kldload takes a path from where it is typed, a short name and a package, as the settings file does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-kldload-'));
    try {
      mkdirSync(join(folder, 'node_modules/clapper'), { recursive: true });
      const source = (
        name: string,
      ): string => `import { Module } from '${import.meta.resolve('../../../core/index.js')}';
export class Made {}
Module({ name: '${name}' })(Made);
`;
      writeFileSync(join(folder, 'bell.mjs'), source('bell'));
      writeFileSync(join(folder, 'node_modules/clapper/index.js'), source('clapper'));
      writeFileSync(
        join(folder, 'node_modules/clapper/package.json'),
        '{ "type": "module", "exports": "./index.js" }',
      );
      await using kernel = await ControlledKernel.start({
        import: importerFor(join(folder, 'carpet.yaml'), BUILTINS),
      });
      const env = { ...process.env, CARPET_SOCKET: kernel.socket };
      const load = promisify(execFile)(process.execPath, [CARPET, 'kldload', './bell.mjs'], {
        env,
        cwd: folder,
      });
      assert.equal((await load).stdout, 'loaded bell\n');
      assert.equal((await carpet(kernel, 'kldload', 'trace')).stdout, 'loaded trace\n');
      const second = await carpet(kernel, 'kldload', join(folder, 'bell.mjs'), '--as', 'gong');
      assert.equal(second.stdout, 'loaded gong\n');
      assert.equal((await carpet(kernel, 'kldunload', 'gong')).stdout, 'unloaded gong\n');
      assert.equal((await carpet(kernel, 'kldload', 'clapper')).stdout, 'loaded clapper\n');
      const absent = await carpet(kernel, 'kldload', join(folder, 'absent.mjs'));
      assert.equal(absent.status, 1);
      assert.match(absent.stderr, /^carpet: cannot load .*absent\.mjs: there is no such file\n$/);
      const directory = await carpet(kernel, 'kldload', folder);
      assert.equal(directory.status, 1);
      assert.match(
        directory.stderr,
        /^carpet: cannot load .*carpet-[^/]*: it is a folder: name a file in it\n$/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('kldload of a name that nothing has says which was meant, or what there is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-kldload-'));
    using _end = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
    await using kernel = await ControlledKernel.start({
      import: importerFor(join(folder, 'carpet.yaml'), BUILTINS),
    });
    const refused = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await carpet(kernel, 'kldload', ...args);
      assert.deepEqual([status, stdout], [1, '']);
      return stderr;
    };
    assert.equal(await refused('helth'), 'carpet: helth: unknown module; did you mean health?\n');
    assert.match(
      await refused('nowhere'),
      /^carpet: nowhere: unknown module: expected one of host, .*, trace, a package that is installed, or a path that begins with \.\/ or \/\n$/,
    );
    assert.equal(
      await refused('@me/pager'),
      'carpet: @me/pager: the package @me/pager is not installed: npm install it beside the settings file\n',
    );
  });

  it('kldreload replaces a module by the code that its file has now, or leaves it as it is', async () => {
    using folder = new ModuleFolder();
    const write = (note: string): string =>
      folder.write(
        'bell.mjs',
        `import { Module, inject, Scope } from '${PACKAGE}';
import { note } from './note.mjs';
export class Bell {
  strokes = 0;
  constructor(scope) { this.scope = scope; }
  handover() { return this.strokes; }
  takeover(strokes) { this.strokes = strokes; }
  start() {
    this.scope.verb({
      name: 'bell.ring', summary: 'ring', access: 'write',
      run: () => note + ' ' + ++this.strokes, text: (answer) => answer,
    });
  }
}
inject(Scope)(Bell, undefined, 0);
Module({ name: 'bell' })(Bell);
`,
      ) && folder.write('note.mjs', `export const note = ${note};`);
    write(`'ding'`);
    const importer = importerFor(join(folder.path, 'carpet.yaml'), BUILTINS);
    await using kernel = await ControlledKernel.start({ import: importer });
    const out = async (...args: string[]): Promise<string> => (await carpet(kernel, ...args)).stdout;
    await carpet(kernel, 'kldload', join(folder.path, 'bell.mjs'));
    assert.equal(await out('bell', 'ring'), 'ding 1\n');
    write(`'dong'`);
    assert.equal(await out('bell', 'ring'), 'ding 2\n');
    assert.equal(await out('kldreload', 'bell'), 'reloaded bell\n');
    assert.equal(await out('bell', 'ring'), 'dong 3\n');
    assert.equal(await out('kldreload', 'bell'), 'restarted bell, whose code has not changed\n');
    write(`'`);
    const failed = await carpet(kernel, 'kldreload', 'bell', '--timeout', '5000');
    assert.equal(failed.status, 2);
    assert.match(
      failed.stderr,
      /^carpet: cannot load \S+bell\.mjs: SyntaxError: Invalid or unexpected token/,
    );
    assert.equal(await out('bell', 'ring'), 'dong 4\n');
    const unknown = await carpet(kernel, 'kldreload', 'gong');
    assert.deepEqual([unknown.status, unknown.stderr], [1, 'carpet: no module gong is loaded\n']);
    await carpet(kernel, 'kldload', 'trace');
    const builtin = await carpet(kernel, 'kldreload', 'trace');
    assert.match(builtin.stderr, /^carpet: trace is part of carpet: upgrade carpet itself\n$/);
  });

  it('kldload --isolate runs the module in a worker, and kldreload takes what it imports by now', async () => {
    using folder = new ModuleFolder();
    folder.write('note.mjs', `export const note = 'ding';`);
    const path = folder.write(
      'bell.mjs',
      `import { isMainThread } from 'node:worker_threads';
import { Module } from '${PACKAGE}';
import { note } from './note.mjs';
export class Bell { ring() { return [note, isMainThread]; } }
Module({ name: 'bell', offers: ['ring'] })(Bell);
`,
    );
    const importer = importerFor(join(folder.path, 'carpet.yaml'), BUILTINS);
    await using kernel = await ControlledKernel.start({ import: importer });
    const out = async (...args: string[]): Promise<string> => (await carpet(kernel, ...args)).stdout;
    const ring = (): Promise<unknown> => kernel.kernel.offers('bell').call('ring', []);
    assert.equal(await out('kldload', path, '--isolate', 'worker'), 'loaded worker, bell\n');
    assert.deepEqual(await ring(), ['ding', false]);
    assert.match(await out('kldstat', '-v'), /^bell +1 +loaded +worker +worker \(running\) +0 +0 +0 +- +-$/m);
    folder.write('note.mjs', `export const note = 'dong';`);
    assert.equal(await out('kldreload', 'bell'), 'reloaded bell\n');
    assert.deepEqual(await ring(), ['dong', false]);
    assert.equal(await out('kldreload', 'bell'), 'restarted bell, whose code has not changed\n');
    const wrong = await carpet(kernel, 'kldload', path, '--isolate', 'cellar');
    assert.deepEqual([wrong.status, wrong.stdout], [1, '']);
    assert.match(wrong.stderr, /isolate: .*"worker"/);
    assert.equal(await out('kldunload', 'bell'), 'unloaded bell\n');
  });

  it('kldload --isolate finds what kldload does, and says in the same words what is not there', async () => {
    using folder = new ModuleFolder();
    folder.write(
      'node_modules/bell/package.json',
      '{ "name": "bell", "type": "module", "exports": "./bell.js" }',
    );
    folder.write(
      'node_modules/bell/bell.js',
      `import { Module } from '${PACKAGE}';
export class Bell {}
Module({ name: 'bell' })(Bell);
`,
    );
    const importer = importerFor(join(folder.path, 'carpet.yaml'), BUILTINS);
    await using kernel = await ControlledKernel.start({ import: importer });
    const load = (name: string, ...words: string[]): Promise<Result> =>
      carpet(kernel, 'kldload', name, ...words);
    const inWorker = ['--isolate', 'worker'];
    for (const name of ['bell', 'trace']) {
      const { stdout, stderr } = await load(name, ...inWorker);
      assert.deepEqual([stderr, stdout], ['', `loaded worker, ${name}\n`]);
      assert.equal(kernel.kernel.modules().at(-1)!.isolation?.state, 'running');
      for (const each of [name, 'worker']) await kernel.kernel.unload(each);
    }
    for (const name of ['trase', '@no/such', join(folder.path, 'no.mjs')]) {
      const here = await load(name);
      assert.notEqual(here.status, 0);
      assert.deepEqual(await load(name, ...inWorker), here);
    }
  });

  it('kldload takes the code that the file has now, after a mistake and after kldunload', async () => {
    using folder = new ModuleFolder();
    const write = (text: string): string => folder.write('gong.mjs', text);
    const gong = (note: string): string => `import { Module } from '${PACKAGE}';
export class Gong { start() { process.emit('gong', '${note}'); } }
Module({ name: 'gong' })(Gong);
`;
    const path = write('import {');
    await using kernel = await ControlledKernel.start({
      import: importerFor(join(folder.path, 'carpet.yaml'), BUILTINS),
    });
    const struck: string[] = [];
    const strike = (note: string): unknown => struck.push(note);
    process.on('gong' as 'message', strike);
    using _end = { [Symbol.dispose]: () => void process.off('gong', strike) };
    const load = async (): Promise<string> => {
      const { stdout, stderr } = await carpet(kernel, 'kldload', path);
      return stdout + stderr;
    };
    assert.match(await load(), /SyntaxError: Unexpected end of input/);
    write('export const gong = 1;');
    assert.match(await load(), /gong\.mjs exports no module/);
    write(gong('dong'));
    assert.equal(await load(), 'loaded gong\n');
    assert.equal(await load(), `${path} was loaded already; it has one more reference\n`);
    write(gong('bong'));
    assert.match(
      await load(),
      /gong is loaded already, from an older version of \S+gong\.mjs: reload it instead/,
    );
    for (let i = 0; i < 2; i++) await carpet(kernel, 'kldunload', 'gong');
    assert.equal(await load(), 'loaded gong\n');
    assert.deepEqual(struck, ['dong', 'bong']);
  });

  it('dmesg shows what was logged, and follows', async () => {
    await using kernel = await ControlledKernel.start();
    kernel.kernel.log.warning('the roof is on fire');
    assert.match((await carpet(kernel, 'dmesg')).stdout, /^\S+Z kernel: warning: the roof is on fire$/m);
    assert.equal((await carpet(kernel, 'dmesg', '--level', 'error')).stdout, '');
    const timer = setInterval(() => kernel.kernel.log.notice('tick'), 20);
    const env = { ...process.env, CARPET_SOCKET: kernel.socket };
    const line = await new Promise<string>((resolve) => {
      const child = execFile(process.execPath, [CARPET, 'dmesg', '-f'], { env }, () => undefined);
      child.stdout!.once('data', (chunk: string) => {
        child.kill();
        resolve(chunk);
      });
    });
    clearInterval(timer);
    assert.match(line, /kernel: tick/);
  });

  it('carp without options is about the CARP of the running kernel, also in the order of ifconfig', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(LanDriver, {
      lan: new Lan({ clock: kernel.kernel.clock, random: seededRandom(1) }),
    });
    const carp = await kernel.kernel.load(CarpModule);
    carp.create({ ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] });
    assert.match((await carpet(kernel, 'carp')).stdout, /^VHID .*\n1@eth0  INIT /);
    assert.equal((await carpet(kernel, 'carp', '1@eth0', 'state', 'init')).stdout, '1@eth0 is INIT\n');
    // 240 of it for the interface that is missing.
    assert.equal((await carpet(kernel, 'carp', 'demote', '10')).stdout, 'net.inet.carp.demotion is 250\n');
    const unknown = await carpet(kernel, 'carp', '2@eth0', 'state', 'backup');
    assert.equal(unknown.stderr, 'carpet: there is no vhid 2@eth0; there are: 1@eth0\n');
  });

  it('say that no kernel runs, and still know a misspelt command', async () => {
    const kernel = await ControlledKernel.start();
    await kernel[Symbol.asyncDispose]();
    const none = await carpet(kernel, 'kldstat');
    assert.deepEqual(
      [none.status, none.stderr],
      [2, `carpet: no kernel listens on ${kernel.socket}: start one with carpet up\n`],
    );
    const misspelt = await carpet(kernel, 'kldsat');
    assert.equal(misspelt.status, 1);
    assert.match(misspelt.stderr, /unknown command 'kldsat' .*kldstat/);
  });

  it('name the verbs that there are where one is misspelt behind its module', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(Counter);
    kernel.kernel.verbs.register({ name: 'counter', summary: 'the counter', access: 'read', run: () => 1 });
    const { status, stderr } = await carpet(kernel, 'counter', 'ad', '4');
    assert.deepEqual(
      [status, stderr],
      [1, "carpet: neither carpet nor the kernel carpet knows 'counter ad 4'; there are: counter add\n"],
    );
  });

  it('end with an error where the kernel refuses a stream', async () => {
    await using kernel = await ControlledKernel.start();
    for (const form of [[], ['--json']])
      assert.deepEqual(await carpet(kernel, 'tap', 'carp_stäte_event', ...form), {
        status: 1,
        stdout: '',
        stderr:
          "carpet: there is no event list carp_stäte_event yet; to wait for it, tap 'carp_stäte_event*'\n",
      });
  });

  it('have succeeded where somebody interrupts what they follow', async () => {
    await using kernel = await ControlledKernel.start();
    const env = { ...process.env, CARPET_SOCKET: kernel.socket };
    for (const [signal, ...words] of [
      ['SIGINT', 'top', '--seconds', '0.1'],
      ['SIGTERM', 'top', '--seconds', '0.1', '--json'],
      ['SIGINT', 'dmesg', '-f'],
    ] as const) {
      const child = spawn(process.execPath, [CARPET, ...words], { env, stdio: ['ignore', 'pipe', 'ignore'] });
      const ended = once(child, 'exit');
      const logs = setInterval(() => kernel.kernel.log.info('a line'), 50);
      await once(child.stdout, 'data');
      clearInterval(logs);
      child.kill(signal);
      assert.deepEqual(await ended, [0, null], words.join(' '));
    }
  });

  it('say what they do not know where the kernel goes without an answer', async () => {
    await using kernel = await ControlledKernel.start();
    const { status, stderr } = await carpet(kernel, 'kldunload', 'control');
    assert.deepEqual(
      [status, stderr],
      [
        2,
        `carpet: the kernel on ${kernel.socket} closed the connection without an answer: look whether it has done what was asked\n`,
      ],
    );
  });

  it('exit with 75 where the kernel refuses only for now', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(Counter);
    const frozen = kernel.kernel.succession.freeze();
    const { status, stderr } = await carpet(kernel, 'kldunload', 'counter');
    assert.deepEqual(
      [status, stderr],
      [75, 'carpet: an upgrade is under way: try again when the new process has taken over\n'],
    );
    frozen[Symbol.dispose]();
    assert.equal((await carpet(kernel, 'kldunload', 'counter')).status, 0);
  });

  it('say which module has a reference more or less', async () => {
    await using kernel = await ControlledKernel.start({ import: importerFor('carpet.yaml', BUILTINS) });
    await carpet(kernel, 'kldload', 'trace');
    const again = 'trace was loaded already; it has one more reference\n';
    assert.equal((await carpet(kernel, 'kldload', 'trace')).stdout, again);
    const less = 'trace has one reference less, and stays loaded\n';
    assert.equal((await carpet(kernel, 'kldunload', 'trace')).stdout, less);
  });

  it('are known also where no kernel runs, and have help', async () => {
    const kernel = await ControlledKernel.start();
    await kernel[Symbol.asyncDispose]();
    for (const verb of ['drain', 'undrain', 'metrics', 'upgrade start', 'why']) {
      const { status, stderr } = await carpet(kernel, ...verb.split(' '));
      assert.deepEqual(
        [verb, status, stderr],
        [verb, 2, `carpet: no kernel listens on ${kernel.socket}: start one with carpet up\n`],
      );
    }
    for (const verb of ['drain', 'why', 'kldload', 'kldstat', 'config apply']) {
      const { status, stdout } = await carpet(kernel, ...verb.split(' '), '--help');
      assert.equal(status, 0, verb);
      assert.match(stdout, new RegExp(`^Usage: carpet ${verb} `));
      assert.match(stdout, /--socket[^]*\n.* shown by the kernel, but no kernel listens on /);
    }
  });
});
