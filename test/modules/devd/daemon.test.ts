/** DevdModule in a kernel of its own, with real shells: what a record does from `notify` to the action's output. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inject, Kernel, Module, Scope } from '../../../core/index.js';
import { DevctlModule } from '../../../modules/devctl/index.js';
import { UeventFeeder } from '../../../modules/devctl/linux/feeder.js';
import { parseUevent } from '../../../modules/devctl/linux/uevent.js';
import { DevdModule } from '../../../modules/devd/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';

/** Takes uevents from the test instead of the kernel's socket. */
@Module({ name: 'uevent-source', depends: [DevctlModule] })
class UeventSource {
  readonly #feeder: UeventFeeder;

  constructor(@inject(DevctlModule) devctl: DevctlModule, @inject(Scope) scope: Scope) {
    this.#feeder = new UeventFeeder(devctl, scope, (_, name) =>
      name === 'serial' ? "it's $(id)" : undefined,
    );
  }

  feed(datagram: Uint8Array): void {
    this.#feeder.feed(parseUevent(datagram)!);
  }
}

describe('devd in a kernel', { skip: needs('native') }, () => {
  let folder: string;
  let kernel: Kernel;
  let devctl: DevctlModule;
  let log: string[];
  const file = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void =>
    writeFileSync(file(name), text.replaceAll('DIR', folder));
  const output = (): string => (existsSync(file('out')) ? readFileSync(file('out'), 'utf8') : '');
  const outputs = (text: string): Promise<unknown> =>
    waitFor(
      `${JSON.stringify(text)} in out`,
      5000,
      () => output() === text,
      () => `${output()}\n${log.join('\n')}`,
    );

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'carpet-devd-'));
    log = [];
    kernel = new Kernel({ log: ({ level, message }) => void log.push(`${level}: ${message}`) });
    devctl = await kernel.load(DevctlModule);
  });
  afterEach(async () => {
    await kernel.shutdown();
    rmSync(folder, { recursive: true });
  });
  const start = (rules: string, settings: Record<string, unknown> = {}): Promise<DevdModule> => {
    write('devd.conf', rules);
    return kernel.load(DevdModule, { config: file('devd.conf'), sockets: false, ...settings });
  };

  it('acts on what was queued before it came', async () => {
    devctl.notify('A', 'b', 'C', { n: 1 });
    await start('notify 1 { action "echo $n >>DIR/out"; };');
    await outputs('1\n');
  });

  it('lets no value run a command, and hands all over in the environment', async () => {
    await start(
      `notify 1 { action "printf '%s|' $v '<$v>' \`printf %s $v | tr -d b\` >>DIR/out; printf %s \${DEVD_V} >>DIR/env"; };`,
    );
    devctl.notify('A', 'b', 'C', { v: `';touch\t${folder}/pwned;'$(touch ${folder}/pwned)` });
    await waitFor('the action', 5000, () => existsSync(file('env')));
    assert.equal(existsSync(file('pwned')), false);
    assert.ok(output().startsWith(`';touch\t${folder}/pwned;'$(touch ${folder}/pwned)|<';touch`));
  });

  it("gives actions the variables of the rule file, and the record's before them", async () => {
    await start(
      'options { set a-b "from file"; set n "0"; }; notify 1 { action "echo ${DEVD_A_B} ${DEVD_N} ${DEVD_EVENT} >>DIR/out"; };',
    );
    devctl.notify('A', 'b', 'C', { n: 1 });
    await outputs('from file 1 !system=A subsystem=b type=C n=1\n');
  });

  it('does not run an action whose value cannot be quoted, but runs the others', async () => {
    await start(`notify 1 { action "awk 'BEGIN { print $v }'"; action "echo $v >>DIR/out"; };`);
    devctl.notify('A', 'b', 'C', { v: 'a b' });
    await outputs('a b\n');
    assert.ok(
      log.some((line) => /^error: .*devd\.conf:1: an action is not run: the value of \$v/.test(line)),
    );
    assert.equal(kernel.sysctl.get('devd.refused')?.value, 1);
  });

  it('fires for a USB device that the kernel reports, by rules written on FreeBSD', async () => {
    await start(`
      notify 10 { match "system" "USB"; match "subsystem" "DEVICE"; match "type" "ATTACH"; match "vendor" "0x046d";
        match "product" "0xc31c"; action "echo usb '$sernum' $cdev >>DIR/out"; };
      notify 5 { match "system" "DEVFS"; match "type" "CREATE"; action "echo node $cdev >>DIR/out"; };
      attach 5 { match "DRIVER" "usb"; action "echo attach $device-name on $bus >>DIR/out"; };`);
    const uevent = [
      'add@/devices/pci0000:00/0000:00:14.0/usb1/1-2',
      'ACTION=add',
      'DEVPATH=/devices/pci0000:00/0000:00:14.0/usb1/1-2',
      'SUBSYSTEM=usb',
      'MAJOR=189',
      'MINOR=4',
      'DEVNAME=bus/usb/001/005',
      'DEVTYPE=usb_device',
      'DRIVER=usb',
      'PRODUCT=46d/c31c/4920',
      'TYPE=0/0/0',
      'BUSNUM=001',
      'DEVNUM=005',
      'SEQNUM=4711',
      '',
    ].join('\0');
    await kernel.load(UeventSource);
    kernel.get(UeventSource).feed(Buffer.from(uevent));
    await waitFor('three actions', 5000, () => output().split('\n').length === 4, output);
    assert.deepEqual(output().split('\n').toSorted(), [
      '',
      'attach 1-2 on usb1',
      'node bus/usb/001/005',
      "usb it's $(id) bus/usb/001/005",
    ]);
  });

  it('acts once on a source that flaps, when told to', async () => {
    await start('notify 1 { match "system" "IFNET"; action "echo $type >>DIR/out"; };');
    kernel.sysctl.set('devd.debounce', 100);
    for (let i = 0; i < 5; i++) {
      devctl.notify('IFNET', 'eth0', 'LINK_DOWN');
      devctl.notify('IFNET', 'eth0', 'LINK_UP');
    }
    await outputs('LINK_UP\n');
    assert.ok(log.some((line) => line.includes('fires once for 10 records of a flapping source')));
  });

  it('leaves out a bad file of a directory, or does not start with it', async () => {
    mkdirSync(file('d'));
    write('d/a.conf', 'notify {');
    write('d/b.conf', 'notify 1 { action "echo b >>DIR/out"; };');
    const rules = 'options { directory "DIR/d"; };';
    await assert.rejects(start(rules, { strict: true }), {
      code: 'ECONFIG',
      message: /d\/a\.conf:1:8: expected a priority/,
    });
    const devd = await start(rules);
    assert.equal(devd.rules, 1);
    assert.ok(log.some((line) => /^error: left out: .*d\/a\.conf:1:8/.test(line)));
  });

  it('refuses permissions that were written without the mark of an octal number', async () => {
    await assert.rejects(start('', { sockets: { mode: 660 } }), {
      code: 'ESETTINGS',
      message: /sockets\.mode.*is no permissions: write them in octal, as 0o660/,
    });
  });

  it('keeps its rules when any file turns bad, if it was told not to start with one', async () => {
    mkdirSync(file('s'));
    write('s/a.conf', 'notify 1 { action "true"; };');
    const devd = await start('options { directory "DIR/s"; };', { strict: true });
    write('s/b.conf', 'notify {');
    write('s/a.conf', '');
    assert.equal(devd.reload(), false);
    assert.equal(devd.rules, 1);
    assert.ok(log.some((line) => /^error: the old rules stay: .*s\/b\.conf:1:8/.test(line)));
  });

  it('keeps its rules when the main file turns bad, and names what never matches', async () => {
    const devd = await start(
      'notify 1 { action "echo old >>DIR/out"; }; notify 2 { match "a" "\\d"; action "x"; };',
    );
    assert.ok(
      log.some((line) =>
        /^warning: .*devd\.conf:1:\d+: the expression "\\d" .* never matches: REG_EES/.test(line),
      ),
    );
    write('devd.conf', 'notify');
    assert.equal(devd.reload(), false);
    assert.equal(devd.rules, 2);
    write('devd.conf', 'notify 1 { action "echo new >>DIR/out"; };');
    assert.equal(devd.reload(), true);
    devctl.notify('A', 'b', 'C');
    await outputs('new\n');
  });

  it('says of a negated expression that does not compile that it always holds', async () => {
    await start('notify 1 { action "true"; };\nnotify 2 {\n  match "a" "![x"; action "true"; };');
    assert.ok(
      log.some((line) =>
        /^warning: .*devd\.conf:3:3: the expression "!\[x" .*holds for every value: /.test(line),
      ),
      log.join('\n'),
    );
  });

  it('traces records without what could steer a terminal', async () => {
    await start('notify 1 { action "true"; };', { trace: true });
    devctl.notify('A', 'b', 'C', { v: 'x\x1b]0;title\x07' });
    await waitFor('the line', 5000, () => log.some((line) => line.includes('Processing event')));
    assert.ok(!log.some((line) => line.includes('\x1b')), log.join('\n'));
  });

  it('reads over a pipe, a device and a file without an end, at the start and at a reload', async () => {
    mkdirSync(file('devd.d'));
    assert.equal(spawnSync('mkfifo', [file('devd.d/a.conf')]).status, 0);
    symlinkSync('/dev/zero', file('devd.d/b.conf'));
    symlinkSync('/dev/random', file('devd.d/c.conf'));
    write('devd.d/d.conf', '');
    truncateSync(file('devd.d/d.conf'), 2 ** 40);
    write('devd.d/e.conf', 'notify 1 { action "echo read >>DIR/out"; };');
    const devd = await start(`options { directory "${file('devd.d')}"; };`);
    assert.equal(devd.rules, 1);
    const problems = log.filter((line) => line.startsWith('error: left out: '));
    assert.deepEqual(
      problems.map((line) => line.replaceAll(file('devd.d/'), '').replace('error: left out: ', '')),
      [
        'a.conf is a pipe, not a file',
        'b.conf is a device, not a file',
        'c.conf is a device, not a file',
        'd.conf has more than 16777216 bytes',
      ],
    );
    assert.equal(devd.reload(), true);
    devctl.notify('A', 'b', 'C');
    await outputs('read\n');
    rmSync(file('devd.conf'));
    assert.equal(spawnSync('mkfifo', [file('devd.conf')]).status, 0);
    assert.equal(devd.reload(), false);
    assert.match(log.at(-1)!, /^error: the old rules stay: .*devd\.conf is a pipe, not a file$/);
  });

  it('waits for no action any more when it is unloaded', async () => {
    const devd = await start('notify 1 { action "touch DIR/out; sleep 60"; };', { patience: 50 });
    devctl.notify('A', 'b', 'C');
    await waitFor('the action', 5000, () => existsSync(file('out')));
    let isSettled = false;
    void devd.settled().then(() => (isSettled = true));
    await kernel.unload(DevdModule);
    await waitFor('it to settle', 1000, () => isSettled);
  });

  it('ends what runs when it is unloaded, and leaves nothing behind', async () => {
    const held = (): unknown[] => [
      kernel.sysctl.list().map(({ name }) => name),
      kernel.eventhandler
        .lists()
        .map(({ entries }) => entries.length)
        .filter((count) => count > 0),
    ];
    const before = held();
    await start('notify 1 { action "echo $$$$ >DIR/out; sleep 60"; };', { patience: 50 });
    devctl.notify('A', 'b', 'C');
    const pid = Number(await waitFor('the action', 5000, output));
    await kernel.unload(DevdModule);
    assert.throws(() => process.kill(-pid, 0), { code: 'ESRCH' });
    assert.deepEqual(held(), before);
    devctl.open(() => undefined).close();
  });
});
