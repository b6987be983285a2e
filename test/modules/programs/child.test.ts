/** Children, by posix_spawn(3) and by node:child_process: both do the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Libc, PipeMaker, PosixSpawn, SystemError } from '../../../modules/libc/index.js';
import {
  CHILD_CHANNEL,
  type Child,
  type ChildMessage,
  type ChildOptions,
  ChildStarter,
} from '../../../modules/programs/index.js';
import { NativeChild } from '../../../modules/programs/native-child.js';
import { Stdio } from '../../../modules/programs/stdio.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-child-'));
after(() => rmSync(folder, { recursive: true }));
const native = new ChildStarter();
const descriptors = (): number => readdirSync('/proc/self/fd').length;

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

function script(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

for (const [name, starter] of [
  ['posix_spawn', native] as const,
  ['child_process', new ChildStarter(false)] as const,
]) {
  const skip = name === 'posix_spawn' && !native.isNative ? 'has no posix_spawn' : false;
  const start = (file: string, args: string[] = [], options: Partial<ChildOptions> = {}): Child =>
    starter.start({ file, args, session: true, input: 'null', output: 'pipe', ...options });
  const sh = (command: string, options?: Partial<ChildOptions>): Child =>
    start('/bin/sh', ['-c', command], options);
  const outcome = async (child: Child): Promise<string> => {
    let text = '';
    child.output?.on('data', (bytes: Buffer) => (text += bytes.toString()));
    const closed = new Promise((resolve) => child.output?.once('close', resolve));
    const { code, signal, error } = await child.ended;
    if (error === undefined) await closed;
    return `${text}${error?.code ?? error?.message ?? signal ?? code}`;
  };

  describe(`a child of ${name}`, { skip }, () => {
    it('gets its arguments, environment, folder and input, and writes to one pipe', async () => {
      const child = sh('read a; echo "$a $X"; echo err >&2; pwd; echo $#-$1; echo dev >/dev/stderr', {
        input: 'pipe',
        env: { X: 'ü', Y: undefined, PATH: process.env['PATH'] },
        cwd: '/usr',
      });
      child.input?.end('in put\n');
      assert.equal(await outcome(child), 'in put ü\nerr\n/usr\n0-\ndev\n0');
      assert.equal(await outcome(start('printf', ['%s|', '', "it's $HOME", ' '])), "|it's $HOME| |0");
      assert.equal(await outcome(sh('echo ${Y-unset}', { env: { Y: undefined } })), 'unset\n0');
      assert.equal(await outcome(start('printf', ['found'], { env: { PATH: '/nowhere' } })), 'ENOENT');
    });

    it('ends with a status or by a signal', async () => {
      for (const status of [0, 1, 127, 255])
        assert.equal(await outcome(sh(`exit ${status}`)), String(status));
      for (const signal of ['TERM', 'KILL', 'SEGV'])
        assert.equal(await outcome(sh(`kill -${signal} $$`)), `SIG${signal}`);
    });

    it('that cannot be started says why, and leaves nothing open', async () => {
      const before = descriptors();
      const plain = join(folder, 'plain');
      writeFileSync(plain, '');
      const cases: [string, string[], Partial<ChildOptions>, RegExp][] = [
        ['/no/such/program', [], {}, /^ENOENT$/],
        ['no-such-program', [], {}, /^ENOENT$/],
        [plain, [], {}, /^EACCES$/],
        ['/etc', [], {}, /^EACCES$/],
        ['/bin/true', ['x'.repeat(200_000)], {}, /^E2BIG$/],
        ['/bin/true', [], { cwd: '/no/such/folder' }, /^ENOENT$/],
        ['/bin/true', ['a\0b'], {}, /null bytes/],
        ['/bin/true', [], { env: { X: 'a\0b' } }, /null bytes|^0$/],
      ];
      for (const [file, args, options, expected] of cases) {
        const child = start(file, args, { input: 'pipe', ...options });
        child.input?.on('error', () => undefined).end('x');
        child.signal('SIGTERM');
        child.unref();
        const { error, code } = await child.ended;
        assert.match(
          error?.code?.startsWith('E')
            ? error.message.includes('null')
              ? error.message
              : error.code
            : `${error?.message ?? code}`,
          expected,
        );
        if (error) assert.deepEqual([child.pid, child.alive], [undefined, false]);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(descriptors(), before);
    });

    it('that has no #! is given to the shell', async () => {
      assert.equal(await outcome(start(script('bare', 'echo bare $1\n'), ['x'])), 'bare x\n0');
    });

    it('has no descriptor but three, blocks no signal and ignores none', async () => {
      const own = openSync('/etc/passwd', 'r');
      const text = await outcome(sh("grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd"));
      closeSync(own);
      const [blocked, ignored, ...open] = text.split('\n');
      // Signals 32 and 33 are the C library's own.
      const sets = [blocked, ignored].map((line) => BigInt(`0x${line!.split('\t')[1]}`) & ~0x180000000n);
      assert.deepEqual(sets, [0n, 0n]);
      assert.ok(open.includes('2') && !open.includes(String(own)), text);
    });

    it('leads a session, and its group is signalled as a whole', async () => {
      const child = sh('sleep 60 & echo $!; ps -o sid= -p $$; sleep 60');
      const [other, sid] = await new Promise<number[]>((resolve) => {
        let text = '';
        child.output?.on('data', (bytes) => {
          text += bytes;
          if (text.split('\n').length > 2) resolve(text.split('\n').map(Number));
        });
      });
      assert.equal(sid, child.pid);
      const closed = new Promise((resolve) => child.output?.once('close', resolve));
      child.signal('SIGTERM');
      assert.equal((await child.ended).signal, 'SIGTERM');
      await closed;
      // A process closes its files a moment before it is a zombie, which it is until init has waited for it.
      await waitFor(`the end of ${other}`, 5000, () => !/^\d+ \(.*\) [^ZX]/s.test(statOf(other!)));
    });

    it('without a session stays in the group of this process', async () => {
      const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], {
        encoding: 'utf8',
      }).trim();
      assert.equal(await outcome(sh('ps -o pgid= -p $$ | tr -d " "', { session: false })), `${group}\n0`);
      const child = sh('exec sleep 60', { session: false, output: 'null' });
      child.signal('SIGKILL');
      const end = await child.ended;
      assert.deepEqual([end.signal, child.alive], ['SIGKILL', false]);
      child.signal('SIGKILL');
    });

    it('gets a signal that is sent before it runs', async () => {
      const child = sh('exec sleep 60');
      child.signal('SIGTERM');
      assert.equal((await child.ended).signal, 'SIGTERM');
    });

    it('runs as another user', { skip: needs('root') }, async () => {
      const user = { uid: 65_534, gid: 65_534 };
      assert.equal(await outcome(sh('id -u; id -G', { user })), '65534\n65534\n0');
    });

    it('is reaped, a hundred at once', async () => {
      const before = descriptors();
      const all = Array.from({ length: 100 }, (_, i) => sh(`exit ${i % 3}`, { output: 'null' }));
      const ends = await Promise.all(all.map(({ ended }) => ended));
      assert.deepEqual(
        ends.map(({ code }) => code),
        ends.map((_, i) => i % 3),
      );
      assert.equal(descriptors(), before);
      for (const { pid } of all) assert.throws(() => process.kill(pid!, 0), /ESRCH/);
    });

    it('does not keep this process, when it need not', () => {
      const url = new URL('../../../modules/programs/index.js', import.meta.url).href;
      const program = `import { ChildStarter } from '${url}';
        const child = new ChildStarter(${name === 'posix_spawn'}).start({ file: 'sleep', args: ['60'], session: true, input: 'null', output: 'null' });
        child.unref(); setTimeout(() => console.log(child.pid), 200);`;
      const pid = Number(
        execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 }),
      );
      process.kill(pid, 'SIGKILL');
    });
  });
}

it('a child of posix_spawn is announced when it runs', {
  skip: native.isNative ? false : 'has no posix_spawn',
}, async () => {
  const seen: (number | undefined)[] = [];
  const hear = (message: unknown): void => void seen.push((message as ChildMessage).child.pid);
  subscribe(CHILD_CHANNEL, hear);
  const child = native.start({ file: 'true', args: [], session: false, input: 'null', output: 'null' });
  assert.equal(child.pid, undefined);
  await child.ended;
  await native.start({ file: '/no/such', args: [], session: false, input: 'null', output: 'null' }).ended;
  unsubscribe(CHILD_CHANNEL, hear);
  assert.deepEqual(seen, [child.pid]);
});

it('a child of posix_spawn is announced to who subscribes after the garbage was collected', {
  skip: native.isNative ? false : 'has no posix_spawn',
}, () => {
  const url = new URL('../../../modules/programs/index.js', import.meta.url).href;
  const program = `import { CHILD_CHANNEL, ChildStarter } from '${url}';
    import { subscribe } from 'node:diagnostics_channel';
    const starter = new ChildStarter();
    const run = () => starter.start({ file: 'true', args: [], session: false, input: 'null', output: 'null' }).ended;
    await run();
    await new Promise(setImmediate);
    gc();
    subscribe(CHILD_CHANNEL, () => console.log('heard'));
    await run();`;
  const args = ['--expose-gc', '--input-type=module', '-e', program];
  assert.equal(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 }), 'heard\n');
});

describe('a child whose end cannot be watched', { skip: needs('native') }, () => {
  it('is reported as failed, does not run on, and is waited for when the next one starts', async () => {
    const libc = Libc.load();
    let failures = 1;
    // As when descriptors have run out just then.
    const short = new Proxy(libc, {
      get: (target, name) => {
        if (name === 'pidfd' && failures-- > 0)
          return () => {
            throw new SystemError('pidfd_open', 24);
          };
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const spawner = { libc: short, spawn: new PosixSpawn(), unwatched: new Set<number>() };
    const start = (file: string, ...args: string[]): NativeChild => {
      const options: ChildOptions = { file, args, session: true, input: 'null', output: 'null' };
      return new NativeChild(spawner, options, new Stdio(options, new PipeMaker()));
    };
    const child = start('/bin/sleep', '60');
    const { error } = await child.ended;
    assert.equal(error?.code, 'EMFILE');
    const state = (): string | undefined =>
      existsSync(`/proc/${child.pid}/stat`)
        ? readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]![0]
        : undefined;
    for (let turn = 0; turn < 1000 && state() !== 'Z'; turn++)
      await new Promise((next) => setTimeout(next, 5));
    assert.equal(state(), 'Z', 'it has ended');
    assert.deepEqual(await start('/bin/true').ended, { code: 0, signal: null });
    assert.equal(state(), undefined);
    assert.equal(spawner.unwatched.size, 0);
    assert.ok(!child.alive);
  });
});
