import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defineModule } from '../../../core/index.js';
import { assertNothingLeft, carpPair, World } from '../../../modules/testing/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    bell_event(rings: number): void;
  }
}

const Bell = defineModule({
  name: 'bell',
  state: () => ({ rings: 0 }),
  start({ scope }) {
    scope.every('ring', 10_000, () => undefined);
  },
  on: {
    bell_event({ state }, rings) {
      if (rings < 0) throw new Error('cracked');
      state.rings += rings;
    },
  },
});

describe('a world', () => {
  test('has hosts on one LAN and one clock, which hand a shared address over', async () => {
    await using world = new World();
    const { master, backup } = await carpPair(world);
    assert.deepEqual([master.vhid.state, backup.vhid.state], ['MASTER', 'BACKUP']);
    world.lan.cut('host1:eth0');
    const began = world.clock.now();
    await world.until(() => backup.vhid.state === 'MASTER');
    const took = world.clock.now() - began;
    assert.ok(took > 2_000 && took < 5_000, `${took} ms`);
    assert.deepEqual(
      backup.ifp.addresses.map(({ prefix }) => String(prefix)),
      ['192.0.2.2/24', '192.0.2.100/24'],
    );
  });

  test('does the same twice with one seed, and something else with another', async () => {
    const run = async (seed: number): Promise<string> => {
      await using world = new World({ seed, loss: 0.2, jitterMs: 5 });
      const frames: string[] = [];
      world.lan.tap(({ time, frame }) => void frames.push(`${time} ${frame.length}`));
      await carpPair(world);
      await world.advance(20_000);
      return frames.join();
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    assert.equal(first, again);
    assert.notEqual(first, other);
  });

  test('waits for an event, and says what it waits for when that does not come', async () => {
    await using world = new World();
    const { kernel } = await world.host();
    await kernel.load(Bell);
    kernel.clock.callout('later', () => kernel.eventhandler.invoke('bell_event', 5)).reset(1_500);
    assert.deepEqual(await world.until(kernel.eventhandler.once('bell_event')), [5]);
    assert.equal(world.clock.now(), 1_500);
    await assert.rejects(
      world.until(() => false, 100),
      {
        code: 'ETIMEDOUT',
        message: 'it has not happened within 100 ms; next: bell ring in 8500 ms',
      },
    );
    await kernel.unload('bell');
    await assert.rejects(
      world.until(() => false),
      /no callout is armed$/,
    );
  });

  test('a promise that rejects comes out of the wait', async () => {
    await using world = new World();
    await assert.rejects(world.until(Promise.reject(new Error('no'))), /^Error: no$/);
  });

  test('throws at its end what a module threw, unless the test took it', async () => {
    const world = new World();
    const { kernel } = await world.host({ name: 'alpha' });
    await kernel.load(Bell);
    kernel.eventhandler.invoke('bell_event', -1);
    await assert.rejects(world[Symbol.asyncDispose](), {
      code: 'EFAULT',
      message: /^a module failed:\n {2}alpha: bell_event: handler bell\.bell_event .* cracked$/,
    });
    await using second = new World();
    const host = await second.host();
    await host.kernel.load(Bell);
    host.kernel.eventhandler.invoke('bell_event', -1);
    assert.equal(host.faults.splice(0).length, 1);
  });
});

describe('what a module leaves behind', () => {
  test('is nothing when it is unloaded', async () => {
    await using world = new World();
    const { kernel } = await world.host();
    await assertNothingLeft(kernel, async () => {
      await kernel.load(Bell);
      await kernel.unload('bell');
    });
  });

  test('is named, each thing with its number', async () => {
    await using world = new World();
    const { kernel } = await world.host();
    const use = async (): Promise<void> => {
      await kernel.load(Bell);
      for (let i = 0; i < 2; i++) kernel.eventhandler.register('bell_event', function stray() {});
      kernel.sysctl.int('dev.bell.stray', { description: 'stray', value: 1 });
      kernel.clock.callout('stray', () => undefined).reset(1e6);
      kernel.verbs.register({ name: 'bell.stray', summary: 'stray', access: 'read', run: () => ({}) });
    };
    await assert.rejects(assertNothingLeft(kernel, use), {
      code: 'ELEAK',
      message: [
        'left behind:',
        'module bell',
        'handler bell.bell_event of bell_event',
        'handler stray of bell_event (2)',
        'callout bell ring',
        'callout stray',
        'sysctl dev.bell.stray',
        'verb bell.stray',
      ].join('\n  '),
    });
  });
});
