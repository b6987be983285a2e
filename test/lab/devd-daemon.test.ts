/** devd as a daemon: into the background when what is pending is dealt with, one at a time, out by a signal. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../support/needs.js';
import { Laboratory, type Namespace, type Program, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'native');
const MAIN = fileURLToPath(new URL('../../modules/cli/main.js', import.meta.url));

class Setup {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-devd-'));
  readonly pidFile = join(this.folder, 'devd.pid');
  readonly host: Namespace;

  constructor(t: TestContext, action: string) {
    this.host = Laboratory.open(t).namespace('a');
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    writeFileSync(
      join(this.folder, 'devd.conf'),
      `options { pid-file "${this.pidFile}"; };\nnotify 1 { match "type" "ATTACH"; action "${action.replaceAll('DIR', this.folder)}"; };\n`,
    );
  }

  devd(...options: string[]): Program {
    const sockets = [
      '--seqpacket',
      join(this.folder, 's'),
      '--stream',
      '',
      '--mode',
      '0640',
      '--owner',
      '0:42',
    ];
    return this.host.node(MAIN, ['devd', '-f', 'devd.conf', '--coldplug', ...sockets, ...options], {
      cwd: this.folder,
    });
  }

  get out(): string {
    const file = join(this.folder, 'out');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  get pid(): number {
    return Number(readFileSync(this.pidFile, 'utf8'));
  }
}

test('it goes into the background when the pending records are dealt with', { skip }, async (t) => {
  const setup = new Setup(t, 'sleep 0.3; echo $subsystem >>DIR/out');
  const command = setup.devd();
  assert.equal((await command.exited).code, 0, command.text);
  assert.equal(setup.out, 'lo\n', 'the command returned before the action had ended');
  assert.notEqual(setup.pid, command.pid);
  assert.equal(readlinkSync(`/proc/${setup.pid}/cwd`), '/');
  const { mode, gid } = statSync(join(setup.folder, 's'));
  assert.deepEqual([mode & 0o777, gid], [0o640, 42]);

  const second = setup.devd();
  assert.equal((await second.exited).code, 1);
  assert.match(second.text, new RegExp(`^carpet: devd already running, pid: ${setup.pid}$`, 'm'));

  process.kill(setup.pid, 'SIGTERM');
  await waitFor('the pid file to go', 5000, () => !existsSync(setup.pidFile));
  await waitFor('the socket to go', 5000, () => !existsSync(join(setup.folder, 's')));
});

test('with -n it goes at once', { skip }, async (t) => {
  const setup = new Setup(t, 'sleep 2; echo $subsystem >>DIR/out');
  assert.equal((await setup.devd('-n').exited).code, 0);
  assert.equal(setup.out, '');
  await waitFor('the action', 5000, () => setup.out === 'lo\n');
  process.kill(setup.pid, 'SIGTERM');
  await waitFor('the pid file to go', 5000, () => !existsSync(setup.pidFile));
});

test('a lock left by a crash keeps nobody out, and mistakes are told in the foreground', {
  skip,
}, async (t) => {
  const setup = new Setup(t, 'true');
  writeFileSync(setup.pidFile, '1');
  const first = setup.devd('-n');
  assert.equal((await first.exited).code, 0, first.text);
  process.kill(setup.pid, 'SIGKILL');
  const again = setup.devd('-n');
  assert.equal((await again.exited).code, 0, again.text);
  process.kill(setup.pid, 'SIGTERM');
  writeFileSync(join(setup.folder, 'devd.conf'), 'notify {\n');
  const broken = setup.devd();
  assert.equal((await broken.exited).code, 1);
  assert.match(
    broken.text,
    /^carpet: .*devd\.conf:1:8: expected a priority, 0 or more, after "notify", found "\{"$/m,
  );
});

test('a signal to the command goes to the daemon that it starts', { skip }, async (t) => {
  const setup = new Setup(t, 'touch DIR/begun; sleep 1; echo $subsystem >>DIR/out');
  const file = (name: string): string => join(setup.folder, name);
  const command = setup.devd();
  await waitFor('the action', 10_000, () => existsSync(file('begun')));
  const rule = `notify 1 { match "subsystem" "d0"; match "type" "ATTACH"; action "touch ${file('again')}"; };`;
  writeFileSync(file('devd.conf'), `options { pid-file "${setup.pidFile}"; };\n${rule}\n`);
  command.kill('SIGHUP');
  assert.equal((await command.exited).code, 0, command.text);
  assert.equal(setup.out, 'lo\n');
  setup.host.ip('link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1');
  await waitFor('the action of the new rule', 5000, () => existsSync(file('again')));
  process.kill(setup.pid, 'SIGTERM');
  await waitFor('the pid file to go', 5000, () => !existsSync(setup.pidFile));
});

test('SIGTERM to the command ends the daemon that it starts, and the command by that signal', {
  skip,
}, async (t) => {
  const setup = new Setup(t, 'touch DIR/begun; exec sleep 60');
  const ended = setup.devd();
  await waitFor('the action', 10_000, () => existsSync(join(setup.folder, 'begun')));
  const { pid } = setup;
  ended.kill('SIGTERM');
  assert.equal((await ended.exited).signal, 'SIGTERM', ended.text);
  assert.equal(ended.text, '');
  await waitFor('the daemon to end', 5000, () => !existsSync(`/proc/${pid}`));
  assert.ok(!existsSync(setup.pidFile), 'in order');
});
