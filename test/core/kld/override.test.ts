/** Modules that are built instead of others, for tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { defineModule, inject, Kernel, Module, SETTINGS } from '../../../core/index.js';

@Module({ name: 'power' })
class Power {}

@Module({ name: 'siren', depends: [Power], settings: v.strictObject({ level: v.number() }) })
class Siren {
  constructor(@inject(SETTINGS) readonly settings: { level: number }) {}

  sound(): string {
    return `loud ${this.settings.level}`;
  }
}

/** Needs neither power nor settings. */
@Module({ name: 'siren' })
class SilentSiren {
  sounded = 0;

  sound(): string {
    return `silent ${++this.sounded}`;
  }
}

@Module({ name: 'alarm', depends: [Siren] })
class Alarm {
  constructor(@inject(Siren) readonly siren: Siren) {}
}

test('what overrides a module is built, depended on and injected in its place', async () => {
  await using kernel = new Kernel({ override: [[Siren, SilentSiren]] });
  const alarm = await kernel.load(Alarm);
  assert.equal(alarm.siren.sound(), 'silent 1');
  const siren: object = kernel.get(Siren);
  assert.ok(siren instanceof SilentSiren);
  assert.equal(siren.sounded, 1);
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['siren', 'alarm'],
    'its own dependencies count, not those of what it stands for',
  );
  assert.ok(kernel.has(Siren));
});

test('it is known by the name of what it stands for', async () => {
  @Module({ name: 'fake' })
  class Fake extends SilentSiren {}
  await using kernel = new Kernel({ override: [[Siren, Fake]] });
  const alarm = await kernel.load(Alarm);
  assert.equal(kernel.get(Siren), alarm.siren);
  assert.deepEqual(
    kernel.modules().map(({ name, of }) => [name, of]),
    [
      ['siren', 'fake'],
      ['alarm', undefined],
    ],
  );
  assert.equal(await kernel.load(Siren), alarm.siren);
});

/** Needs power, and no settings. */
@Module({ name: 'siren', depends: [Power] })
class WiredSiren {
  sounded = 0;

  handover(): number {
    return this.sounded;
  }

  takeover(sounded: number): void {
    this.sounded = sounded;
  }

  sound(): string {
    return `wired ${++this.sounded}`;
  }
}

test('it is built again when what it stands for is reloaded, or restarted for a dependency; a newer class is itself', async () => {
  await using kernel = new Kernel({ override: [[Siren, WiredSiren]] });
  await kernel.load(Alarm);
  const sound = (): string => kernel.get(Alarm).siren.sound();
  assert.equal(sound(), 'wired 1');
  await kernel.reload(Siren);
  assert.equal(sound(), 'wired 2');
  await kernel.reload(defineModule({ name: 'power' }));
  assert.equal(sound(), 'wired 3');
  await kernel.reload(SilentSiren);
  assert.equal(sound(), 'silent 1');
});

test('it has settings of its own, and one kernel knows nothing of the overrides of another', async () => {
  await using kernel = new Kernel({ override: [[Siren, SilentSiren]] });
  await assert.rejects(kernel.load(Siren, { level: 3 }), { code: 'ESETTINGS' });
  await using other = new Kernel();
  const siren = await other.load(Siren, { level: 3 });
  assert.equal(siren.sound(), 'loud 3');
  assert.ok(other.has(Power));
});
