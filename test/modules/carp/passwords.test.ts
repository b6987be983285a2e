/** A password is changed host by host, seconds apart: one MASTER throughout, with seals and without. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { looksSecret } from '../../../modules/boot/secrets/index.js';
import type { CarpVhid, CarpVhidChanges, CarpVhidOptions } from '../../../modules/carp/index.js';
import { type Host, World } from './support/world.js';

const [OLD, NEW, WRONG] = ['the old one', 'the new one', 'a wrong one'];
/** First both hear both, then the new one signs, then the old one goes. */
const STEPS: readonly CarpVhidChanges[] = [
  { password: OLD, passwords: [NEW] },
  { password: NEW, passwords: [OLD] },
  { password: NEW, passwords: [] },
];

/** Every step on one host and 5 s later on the other. @returns for how many ms there was not exactly one MASTER */
function change(world: World, vhids: readonly CarpVhid[], steps: readonly CarpVhidChanges[]): number {
  let wrong = 0;
  for (const step of steps) {
    for (const vhid of vhids) {
      vhid.configure(step);
      for (let ms = 0; ms < 5000; ms += 10) {
        world.advance(10);
        if (world.masters().length !== 1) wrong += 10;
      }
    }
  }
  return wrong;
}

describe('the password is changed on two hosts, 5 s apart', () => {
  const settings: Partial<CarpVhidOptions>[] = [
    { seal: 'auto' },
    { seal: 'require' },
    { seal: 'off' },
    { seal: 'off', replay: 'strict' },
    { addresses: ['10.88.0.100/24', 'fe80::100/64'] },
  ];
  for (const given of settings) {
    for (const first of ['MASTER', 'BACKUP'] as const) {
      it(`first on the ${first}, with ${JSON.stringify(given)}`, async () => {
        await using world = new World();
        const common = { ...given, password: OLD };
        const own = (n: number) => world.host([`10.88.0.${n}/24`, `fe80::${n}/64`]);
        const hosts = [await own(1), await own(2)];
        const vhids = hosts.map((host, i) => host.create({ ...common, advskew: i * 100 }));
        world.advance(10_000);
        assert.deepEqual(world.masters(), ['host1']);
        world.history();
        assert.equal(change(world, first === 'MASTER' ? vhids : vhids.toReversed(), STEPS), 0);
        assert.deepEqual(world.history(), []);
        for (const { carp } of hosts) {
          const { badauth, badseal, replayed, unsealed } = carp.statistics;
          assert.deepEqual(
            [badauth, badseal, replayed, unsealed].map(({ value }) => value),
            [0, 0, 0, 0],
          );
        }
      });
    }
  }

  for (const together of [true, false]) {
    it(`with the addresses, ${together ? 'at once' : 'one after the other'}, on the BACKUP first`, async () => {
      await using world = new World();
      const common: Partial<CarpVhidOptions> = { password: OLD, passwords: [NEW], seal: 'off' };
      const { vhids } = await world.pair(common, { ...common, advskew: 100 });
      world.advance(10_000);
      const addresses = { addresses: ['10.88.0.100/24', '10.88.0.101/24'] };
      const passwords = { password: NEW, passwords: [OLD] };
      for (const vhid of vhids.toReversed()) {
        if (together) vhid.configure({ ...addresses, ...passwords });
        else for (const step of [addresses, passwords]) vhid.configure(step);
        assert.equal(change(world, [vhid], [{}]), 0);
      }
      assert.deepEqual(world.masters(), ['host1']);
    });
  }

  it('at once and without `passwords` there are two MASTERs meanwhile', async () => {
    await using world = new World();
    const { vhids } = await world.pair({ password: OLD }, { password: OLD, advskew: 100 });
    world.advance(10_000);
    assert.ok(change(world, vhids, [{ password: NEW }]) > 1000);
  });
});

describe('of several passwords', () => {
  const heard = (host: Host): number => host.carp.statistics.badauth.value;

  it('those that are given are heard, no others, and one that has left no more', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair(
      { password: OLD },
      { password: NEW, passwords: [WRONG, OLD], advskew: 100 },
    );
    world.advance(10_000);
    assert.deepEqual(world.masters(), ['host1']);
    assert.equal(heard(hosts[1]!), 0);
    vhids[1]!.configure({ passwords: [WRONG] });
    world.advance(2500);
    assert.ok(heard(hosts[1]!) >= 2);
  });

  it('one that has left is not heard over former addresses either', async () => {
    await using world = new World();
    const common: Partial<CarpVhidOptions> = { password: OLD, seal: 'off' };
    const { hosts, vhids } = await world.pair(common, { ...common, advskew: 100 });
    world.advance(10_000);
    vhids[1]!.configure({
      password: NEW,
      passwords: [OLD],
      addresses: ['10.88.0.100/24', '10.88.0.101/24'],
    });
    world.advance(5000);
    assert.deepEqual([world.masters(), heard(hosts[1]!)], [['host1'], 0]);
    vhids[1]!.configure({ passwords: [] });
    world.advance(2500);
    assert.ok(heard(hosts[1]!) >= 2);
  });

  it('a settings file can name a file for each', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ password: OLD, passwords: [{ password: NEW }, WRONG] });
    assert.ok(!JSON.stringify([vhid.settings, vhid]).includes('one'));
    assert.ok(looksSecret('passwords'), "a list of texts in the kernel's file is not shown");
  });

  it('none is shown when one is refused', async () => {
    await using world = new World();
    const host = await world.host();
    const tooLong = 'x'.repeat(21);
    assert.throws(
      () => host.create({ passwords: [tooLong] }),
      ({ message }: Error) => /passwords/.test(message) && !message.includes(tooLong),
    );
  });
});
