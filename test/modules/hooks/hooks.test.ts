/** Programs that are told of changes of state: real programs, on the virtual clock. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Kernel, Log, Scope, VirtualClock } from '../../../core/index.js';
import { HealthModule } from '../../../modules/health/index.js';
import { CalledHook } from '../../../modules/hooks/hook.js';
import { type HookMessage, HooksModule, type HooksSettings } from '../../../modules/hooks/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';
import { type Host, World } from '../carp/support/world.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-hooks-'));
after(() => rmSync(folder, { recursive: true }));

/** The whole lines of a file that a program is writing. */
const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];

const descriptors = (): number => readdirSync('/proc/self/fd').length;

type Hooks = NonNullable<NonNullable<HooksSettings>['hooks']>;
let files = 0;

/** A script that writes down its arguments, and what it read, after `first`. */
function recorder(first = ':'): { script: string; lines: () => string[] } {
  const out = join(folder, `out${++files}`);
  const script = join(folder, `script${files}`);
  writeFileSync(script, `#!/bin/sh\n${first}\necho "$* $(cat)" >> ${out}\n`);
  chmodSync(script, 0o755);
  return { script, lines: () => linesOf(out) };
}

const messages = (lines: string[]): HookMessage[] =>
  lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))) as HookMessage);

async function hooked(host: Host, hooks: Hooks): Promise<HooksModule> {
  return host.kernel.load(HooksModule, { hooks });
}

describe('a hook', () => {
  it("is called in keepalived's form, with JSON on its standard input, and in order", async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ advskew: 105 });
    const { script, lines } = recorder();
    await hooked(host, { pager: { form: 'keepalived', command: [script], instance: 'V 1' } });
    world.advance(5000);
    vhid.ifp!.setUp(false);
    await waitFor('three runs', 5000, () => lines().length === 3);
    assert.deepEqual(
      lines().map((line) => line.slice(0, line.indexOf('{'))),
      ['INSTANCE V 1 BACKUP 150 ', 'INSTANCE V 1 MASTER 150 ', 'INSTANCE V 1 FAULT 150 '],
    );
    const [first, second, third] = messages(lines());
    assert.deepEqual([first?.event, first?.state, first?.reason], ['present', 'BACKUP', 'the present state']);
    assert.deepEqual(
      { ...second, time: 0 },
      {
        event: 'state',
        time: 0,
        state: 'MASTER',
        from: 'BACKUP',
        reason: 'master timed out',
        name: '1@eth0',
        protocol: 'carp',
        vhid: 1,
        ifname: 'eth0',
        addresses: ['10.88.0.100/24'],
        priority: 150,
        advskew: 105,
        preempt: false,
      },
    );
    assert.equal(third?.reason, 'hardware interface down');
  });

  it("is called in ucarp's form, for each address", async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ addresses: ['10.88.0.100/24', '10.88.0.101/24'] });
    const { script, lines } = recorder();
    await hooked(host, { old: { form: 'ucarp', up: [script, 'up'], down: [script, 'down'], xparam: 'x y' } });
    world.advance(5000);
    await waitFor('four runs', 5000, () => lines().length === 4);
    assert.deepEqual(
      lines().map((line) => line.slice(0, line.indexOf(' {'))),
      [
        'down eth0 10.88.0.100 x y',
        'down eth0 10.88.0.101 x y',
        'up eth0 10.88.0.100 x y',
        'up eth0 10.88.0.101 x y',
      ],
    );
  });

  it('that hangs is ended at its limit, holds up neither carp nor another hook, and the next is called', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    const slow = recorder('[ -e "$0.once" ] || { touch "$0.once"; sleep 60; }');
    const quick = recorder();
    const hooks = await hooked(host, {
      slow: { form: 'json', command: [slow.script], timeout: 10_000 },
      quick: { form: 'json', command: [quick.script] },
    });
    await waitFor('the first to hang', 5000, () => existsSync(`${slow.script}.once`));
    await world.clock.advance(9900);
    assert.equal(vhid.state, 'MASTER');
    assert.deepEqual(hooks.list()[0], {
      name: 'slow',
      form: 'json',
      running: true,
      waiting: 1,
      runs: 1,
      failures: 0,
      last: 'has not run yet',
    });
    // The next one has as long again, on a clock that stands still.
    await world.clock.advance(200);
    await waitFor('the second run', 5000, () => slow.lines().length === 1);
    assert.equal(messages(slow.lines())[0]?.state, 'MASTER');
    await waitFor('the quick one', 5000, () => quick.lines().length === 2);
    assert.ok(
      host.log.some(({ message }) => message === 'slow: BACKUP of 1@eth0: runs for more than 10000 ms'),
    );
    assert.equal(host.kernel.sysctl.get('hooks.slow.failures')?.value, 1);
  });

  it('that cleans up at its limit has ended when the next is called', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    const order = join(folder, 'order');
    const cleanUp = `trap 'sleep 0.3; echo cleaned up >> ${order}; exit' TERM; touch "$0.once"; sleep 60`;
    const { script } = recorder(`[ -e "$0.once" ] || { ${cleanUp}; }\necho next >> ${order}`);
    await hooked(host, { it: { form: 'json', command: [script], timeout: 10_000 } });
    await waitFor('the first to hang', 5000, () => existsSync(`${script}.once`));
    await world.clock.advance(10_100);
    await waitFor('the second run', 5000, () => linesOf(order).includes('next'));
    assert.deepEqual(linesOf(order), ['cleaned up', 'next']);
  });

  it('is told of a drain, which waits for it, and of the end', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    const { script, lines } = recorder('sleep 0.3');
    await hooked(host, {
      leave: { form: 'keepalived', command: [script], states: ['DRAIN', 'UNDRAIN', 'STOP'] },
    });
    world.advance(5000);
    const drained = host.carp.maintenance.drain({ reason: 'night', force: true });
    let over = false;
    void drained.then(() => (over = true));
    await waitFor('the drain to begin', 5000, () => host.kernel.get(HooksModule).list()[0]!.running);
    await world.clock.advance(1000);
    assert.ok(!over && lines().length === 0);
    await waitFor('the script', 5000, () => lines().length === 1);
    await waitFor('the drain', 5000, () => {
      world.advance(1000);
      return over;
    });
    await host.carp.maintenance.undrain();
    await host.kernel.unload('hooks');
    assert.deepEqual(
      messages(lines()).map(({ event, state, reason }) => `${event} ${state} ${reason}`),
      ['drain DRAIN night', 'undrain UNDRAIN undrain', 'stop STOP hooks end'],
    );
  });

  it('is told what a vhid is, not what a check that stops it took back within the same event', async () => {
    await using world = new World();
    const host = await world.host();
    const first = host.create();
    first.ifp!.setUp(false);
    const check = { kind: 'module', of: 'nobody', with: null, stop: true } as const;
    await host.kernel.load(HealthModule, { checks: { light: check } });
    const { script, lines } = recorder();
    await hooked(host, { pager: { form: 'json', command: [script] } });
    first.ifp!.setUp(true);
    host.create({ vhid: 2, addresses: ['10.88.0.102/24'] });
    assert.deepEqual(
      host.carp.list().map(({ state }) => state),
      ['INIT', 'INIT'],
    );
    await waitFor('two runs', 5000, () => lines().length === 2);
    await host.kernel.unload('health');
    await waitFor('two more', 5000, () => lines().length === 4);
    assert.deepEqual(
      messages(lines()).map(({ name, state }) => `${name} ${state}`),
      ['1@eth0 INIT', '2@eth0 INIT', '1@eth0 BACKUP', '2@eth0 BACKUP'],
    );
  });

  it('that is slow gets the newest state of each vhid, not thousands that are over', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    const { script, lines } = recorder('sleep 0.05');
    await hooked(host, { slow: { form: 'json', command: [script] } });
    for (let i = 0; i < 1000; i++) vhid.setState(i % 2 === 0 ? 'INIT' : 'BACKUP');
    vhid.setState('INIT');
    const dropped = host.kernel.sysctl.get('hooks.slow.dropped')!;
    assert.ok((dropped.value as number) > 900, String(dropped.value));
    await waitFor('all runs', 30_000, () => host.kernel.get(HooksModule).list()[0]!.waiting === 0);
    await waitFor('the last', 5000, () => messages(lines()).at(-1)?.state === 'INIT');
    assert.ok(lines().length < 90);
  });
});

describe('a hook with many vhids', () => {
  it('is not called slow while no state is over, and gets them all', async () => {
    await using world = new World();
    const host = await world.host();
    const { script, lines } = recorder();
    for (let i = 1; i <= 100; i++) host.create({ vhid: i, addresses: [`10.88.0.${100 + i}/24`] });
    await hooked(host, { all: { form: 'json', command: [script] } });
    assert.equal(host.kernel.get(HooksModule).list()[0]!.waiting, 99);
    await waitFor('all runs', 30_000, () => lines().length === 100);
    assert.deepEqual(
      host.log.filter(({ message }) => message.includes('slow')),
      [],
    );
  });
});

describe('a hook with thousands of vhids', () => {
  it('that is slow holds up nobody who tells it of them', async () => {
    const clock = new VirtualClock();
    const kernel = new Kernel({ clock });
    await using scope = new Scope('hooks', kernel);
    const log = new Log(() => undefined, clock);
    const settings = { form: 'json' as const, command: ['sleep', '60'], timeout: 60_000 };
    const hook = new CalledHook('slow', { ...settings, states: ['MASTER'] }, { scope, clock, log });
    const names = Array.from({ length: 5000 }, (_, i) => `${i}@eth0`);
    const message = { event: 'state', state: 'MASTER', addresses: [] } as unknown as HookMessage;
    const before = process.cpuUsage();
    for (const name of names) void hook.tell({ ...message, name });
    const { user, system } = process.cpuUsage(before);
    assert.equal(hook.status().waiting, 4999);
    // To look through all that wait for each of them takes some seconds.
    assert.ok(user + system < 500_000, `${user + system} us`);
    for (let round = 0; round < 3; round++) for (const name of names) void hook.tell({ ...message, name });
    assert.ok(hook.status().waiting <= 10_000, `${hook.status().waiting} wait`);
  });
});

describe('a consumer', () => {
  it('is told the present state first, each time it starts, and then what changes', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    world.advance(5000);
    const out = join(folder, 'stream');
    const command = `while read -r line; do echo "$line" >> ${out}; case $line in *'"to die"'*) exit 7; esac; done`;
    const hooks = await hooked(host, { feed: { form: 'stream', command } });
    const states = () => messages(linesOf(out));
    await waitFor('the first line', 5000, () => states().length === 1);
    vhid.setState('BACKUP', 'to die' as never);
    await waitFor('it to end', 5000, () => hooks.list()[0]!.last === 'exit status 7');
    world.advance(4000);
    await waitFor('it to be told again', 5000, () => states().length >= 3);
    await world.clock.advance(1);
    assert.deepEqual(
      states()
        .slice(0, 3)
        .map(({ event, state }) => `${event} ${state}`),
      ['present MASTER', 'state BACKUP', 'present BACKUP'],
    );
    assert.equal(hooks.list()[0]!.failures, 1);
    await host.kernel.unload('hooks');
  });

  it('leaves no descriptor behind when it ends', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    const hooks = await hooked(host, { feed: { form: 'stream', command: 'read x; exit 1' } });
    const ends = (times: number) =>
      waitFor(`end ${times}`, 10_000, () => {
        world.advance(1000);
        return hooks.list()[0]!.failures >= times;
      });
    await ends(1);
    const before = descriptors();
    await ends(6);
    await waitFor(`no more than ${before} descriptors`, 1000, () => descriptors() <= before);
    await host.kernel.unload('hooks');
  });

  it('is told a present state of any length, and ended for what it leaves unread after that', async () => {
    await using world = new World();
    const host = await world.host();
    for (let vhid = 1; vhid <= 255; vhid++) {
      const addresses = Array.from({ length: 120 }, (_, i) => `10.${vhid}.0.${i + 1}/24`);
      host.create({ vhid, addresses });
    }
    const out = join(folder, 'long');
    const reader = await hooked(host, { feed: { form: 'stream', command: `cat > ${out}` } });
    const text = () => (existsSync(out) ? readFileSync(out, 'utf8') : '');
    await waitFor('all of it', 10_000, () => text().split('\n').length === 256);
    assert.ok(text().length > 256 * 1024, `${text().length} bytes`);
    assert.equal(reader.list()[0]!.failures, 0);
    await host.kernel.unload('hooks');

    const deaf = await hooked(host, { feed: { form: 'stream', command: ['sleep', '60'] } });
    for (let i = 0; i < 2000 && deaf.list()[0]!.failures === 0; i++) {
      for (const vhid of host.carp.list()) vhid.setState(i % 2 === 0 ? 'INIT' : 'BACKUP');
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(deaf.list()[0]!.last, /SIGKILL/);
    await host.kernel.unload('hooks');
  });

  it('that cannot be started is tried again, holds up no load, and no unload', async () => {
    for (const command of [['true', 'x'.repeat(200_000)], ['/no/such/program']]) {
      await using world = new World();
      const host = await world.host();
      host.create();
      const hooks = await hooked(host, { feed: { form: 'stream', command } });
      await host.kernel.unload('hooks'); // before the error of the start
      const again = await hooked(host, { feed: { form: 'stream', command } });
      assert.notEqual(again, hooks);
      await waitFor('the failure', 5000, () => again.list()[0]!.failures === 1);
      world.advance(1000);
      await waitFor('the second', 5000, () => again.list()[0]!.failures === 2);
      assert.match(again.list()[0]!.last, /spawn .*(E2BIG|ENOENT)/);
    }
  });
});

const skip = needs('root', 'netns', 'program:mount') || (!existsSync('/dev/fuse') && 'needs /dev/fuse');

it('a consumer that nothing can end is left behind: new settings come into force', { skip }, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'carpet-hung-'));
  t.after(() => rmdirSync(disk));
  const program = fileURLToPath(new URL('on-hung-disk.js', import.meta.url));
  const words = ['--mount', process.execPath, program, disk];
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) =>
    execFile('unshare', words, { timeout: 20_000, killSignal: 'SIGKILL' }, (_error, out, err) =>
      resolve({ stdout: out, stderr: err }),
    ),
  );
  const left = 'feed: its program does not end though it is killed, and is left behind: /proc/\\d+/stack .*';
  assert.match(stdout, new RegExp(`^3\\d{3} ms: ${left}\\n$`), stderr);
});

describe('the settings of hooks', () => {
  it('are changed one by one', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    const { script, lines } = recorder();
    const one = { form: 'json' as const, command: [script] };
    await hooked(host, { a: one, b: one });
    await waitFor('two runs', 5000, () => lines().length === 2);
    const hooks = { a: one, c: { ...one, timeout: 5000 } };
    assert.deepEqual(await host.kernel.changes(HooksModule, { hooks }), ['b: removed', 'c: new']);
    await host.kernel.reconfigure(HooksModule, { hooks });
    await waitFor('one more run', 5000, () => lines().length === 3);
    assert.deepEqual(
      host.kernel
        .get(HooksModule)
        .list()
        .map(({ name }) => name),
      ['a', 'c'],
    );
    await assert.rejects(
      host.kernel.reconfigure(HooksModule, { hooks: { a: { form: 'fifo' } } }),
      /hooks\.a\.form/,
    );
  });
});
