/** carpet vrrp beside the real keepalived: who is MASTER, both ways round, and how it changes. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, waitFor } from './support/index.js';
import { CarpetVrrp, type RouterSetup, type VrrpProgram } from './support/vrrp.js';
import { Forger } from './support/vrrp-forger.js';
import { type Kind, pair } from './support/vrrp-pair.js';
import { BETTER, LATE_MS, story, WORSE, waits } from './support/vrrp-story.js';

const skip = needs('root', 'netns', 'program:ip', 'program:bridge', 'program:tcpdump', 'program:keepalived');

for (const kinds of [
  ['carpet', 'keepalived'],
  ['keepalived', 'carpet'],
] as const) {
  for (const [version, family, virtualMac] of [
    [2, 4, false],
    [3, 4, false],
    [3, 4, true],
    [3, 6, false],
    [3, 6, true],
  ] as const) {
    const how = `version ${version}, IPv${family}, ${virtualMac ? 'with' : 'without'} virtual MAC`;
    describe(`${kinds[0]} preferred to ${kinds[1]}: ${how}`, { skip }, () => {
      it('one MASTER; killed, taken back, stopped in order', (t) =>
        story(t, kinds, { version, family, virtualMac }));
    });
  }

  describe(`${kinds[0]} beside ${kinds[1]}`, { skip }, () => {
    it('equal priorities: who runs stays; of two MASTERs the higher address stays', async (t) => {
      const setup = { version: 3, family: 4, priority: 100 } as const;
      const { lab, programs } = await pair(t, kinds, [setup, setup]);
      const [low, high] = programs as [VrrpProgram, VrrpProgram];
      const trunk = lab.beyondTrunk(high.host);
      low.start();
      await low.becomes('MASTER', 8000);
      high.start();
      await elapse(5000);
      assert.deepEqual([low.holds, high.holds], [true, false]);
      trunk.part();
      await high.becomes('MASTER', 8000);
      assert.equal(low.holds, true);
      trunk.heal();
      await low.becomes('BACKUP', 5000);
      assert.equal(high.holds, true);
    });

    it('unicast', async (t) => {
      const setup = { version: 3, family: 4 } as const;
      const { programs, capture } = await pair(t, kinds, [
        { ...setup, priority: BETTER, peer: '10.88.0.2' },
        { ...setup, priority: WORSE, peer: '10.88.0.1' },
      ]);
      const [better, worse] = programs as [VrrpProgram, VrrpProgram];
      worse.start();
      await worse.becomes('MASTER', 8000);
      better.start();
      await better.becomes('MASTER', 9000);
      await worse.becomes('BACKUP', 3000);
      const grouped = capture.where(({ destination }) => destination === '01:00:5e:00:00:12');
      assert.equal(grouped.length, 0, 'the group is not used');
    });

    for (const virtualMac of [false, true]) {
      it(`ten centiseconds, ${virtualMac ? 'with' : 'without'} virtual MAC`, (t) =>
        story(t, kinds, { version: 3, family: 4, virtualMac, interval: 100 }));

      it(`the cable of the MASTER, ${virtualMac ? 'with' : 'without'} virtual MAC`, async (t) => {
        const { lab, programs, neighbour } = await running(t, kinds, { version: 3, family: 4, virtualMac });
        const [better, worse] = programs;
        await neighbour.meet(better);
        lab.cut(better.host);
        await worse.becomes('MASTER', 5000);
        await neighbour.follows(worse);
        // keepalived may keep an address where it cannot be reached.
        lab.heal(better.host);
        await worse.becomes('BACKUP', 9000);
        await better.becomes('MASTER', 2000);
        await neighbour.follows(better);
      });
    }

    it('a password', async (t) => {
      const { programs } = await running(t, kinds, { version: 2, family: 4, password: 'secret' });
      assert.equal(programs[1].holds, false, programs[1].program.text);
    });

    it('another password: both are MASTER, and say why', async (t) => {
      const setup = { version: 2, family: 4 } as const;
      const { programs } = await pair(t, kinds, [
        { ...setup, priority: BETTER, password: 'secret' },
        { ...setup, priority: WORSE, password: 'other' },
      ]);
      await bothMasters(programs, {
        carpet: /its authentication is another one/,
        keepalived: /invalid passwd/,
      });
    });

    it('another interval of version 2: both are MASTER, and say why', async (t) => {
      const setup = { version: 2, family: 4 } as const;
      const { programs } = await pair(t, kinds, [
        { ...setup, priority: BETTER, interval: 1000 },
        { ...setup, priority: WORSE, interval: 2000 },
      ]);
      await bothMasters(programs, {
        carpet: /its interval is another one/,
        keepalived: /advertisement interval mismatch/,
      });
    });

    it('another interval of version 3: the BACKUP learns it', async (t) => {
      const setup = { version: 3, family: 4 } as const;
      const { programs, said } = await pair(t, kinds, [
        { ...setup, priority: BETTER, interval: 2000 },
        { ...setup, priority: WORSE, interval: 500 },
      ]);
      const [better, worse] = programs as [VrrpProgram, VrrpProgram];
      better.start();
      await better.becomes('MASTER', 12_000);
      worse.start();
      await elapse(7000);
      assert.equal(worse.holds, false);
      // By its own interval it may have become MASTER before it heard an advertisement.
      const before = said(1).length;
      better.kill();
      await worse.becomes('MASTER', 9000);
      const { down } = waits({ version: 3, interval: 2000 });
      const first = await waitFor('its advertisement', 1000, () => said(1)[before]);
      const lateness = first.time - said(0).at(-1)!.time - down;
      t.diagnostic(`taken over ${lateness.toFixed(1)} ms late`);
      assert.ok(lateness > -5 && lateness < LATE_MS, `${lateness} ms`);
    });

    it('another list: carpet says so and follows; keepalived 2.2 does not', async (t) => {
      const setup = { version: 3, family: 4 } as const;
      const { programs } = await pair(t, kinds, [
        { ...setup, priority: BETTER, addresses: ['10.88.0.100/24', '10.88.0.101/24'] },
        { ...setup, priority: WORSE, addresses: ['10.88.0.100/24'] },
      ]);
      const [better, worse] = programs as [VrrpProgram, VrrpProgram];
      better.start();
      await better.becomes('MASTER', 8000);
      worse.start();
      if (kinds[1] === 'carpet') {
        await worse.program.waitForLine(/it names other addresses/, 8000);
        await elapse(4000);
        assert.equal(worse.holds, false, worse.program.text);
      } else {
        await worse.becomes('MASTER', 8000);
        assert.match(worse.program.text, /unexpected ip number count|not present/);
      }
    });

    for (const version of [2, 3] as const) {
      it(`wrong checksum and TTL of version ${version}: nobody yields, nobody waits longer`, async (t) => {
        const scene = await running(t, kinds, { version, family: 4, virtualMac: false });
        const [better, worse] = scene.programs;
        using forger = new Forger(scene.neighbour.host);
        for (const wrong of ['checksum', 'TTL', 'checksum', 'TTL'] as const) {
          forger.say(version, wrong);
          await elapse(1400);
        }
        assert.deepEqual([better.holds, worse.holds], [true, false]);
        const before = scene.said(1).length;
        better.kill();
        const killed = Date.now();
        while (Date.now() < killed + 3000) {
          forger.say(version, 'checksum');
          await elapse(400);
        }
        await worse.becomes('MASTER', 3000);
        const first = await waitFor('its advertisement', 3000, () => scene.said(1)[before]);
        const lateness = first.time - scene.said(0).at(-1)!.time - waits({ version }).down;
        t.diagnostic(`taken over ${lateness.toFixed(1)} ms late`);
        assert.ok(lateness > -5 && lateness < LATE_MS, `${lateness} ms`);
        // What is right makes it yield: else the above would prove nothing.
        forger.say(version);
        await worse.becomes('BACKUP', 1000);
      });
    }
  });
}

/** The better one is MASTER, the other has heard it. */
async function running(t: TestContext, kinds: readonly [Kind, Kind], base: Omit<RouterSetup, 'priority'>) {
  const scene = await pair(t, kinds, [
    { ...base, priority: BETTER },
    { ...base, priority: WORSE },
  ]);
  const [better, worse] = scene.programs as [VrrpProgram, VrrpProgram];
  better.start();
  await better.becomes('MASTER', 8000);
  worse.start();
  await elapse(5000);
  return { ...scene, programs: [better, worse] as const };
}

/** Whoever hears what it may not accept takes the address too, and says why. */
async function bothMasters(
  programs: readonly VrrpProgram[],
  complaints: { readonly carpet: RegExp; readonly keepalived: RegExp },
): Promise<void> {
  for (const program of programs) program.start();
  for (const program of programs) await program.becomes('MASTER', 12_000);
  await elapse(3000);
  for (const program of programs) {
    assert.equal(program.holds, true, program.program.text);
    const complaint = complaints[program instanceof CarpetVrrp ? 'carpet' : 'keepalived'];
    await program.program.waitForLine(complaint, 8000);
  }
}
