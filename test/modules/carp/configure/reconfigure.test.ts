/** The vhids of the module's settings, changed while they run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, seededRandom, VirtualClock } from '../../../../core/index.js';
import { CarpModule, type CarpVhid, type CarpVhidOptions } from '../../../../modules/carp/index.js';
import { IfnetError, IfnetModule } from '../../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../../modules/ifnet/lan/index.js';
import { type Host, World } from '../support/world.js';

const vhid = (number: number, options: Partial<CarpVhidOptions> = {}): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: number,
  password: 'secret',
  addresses: [`10.88.0.${100 + number}/24`],
  ...options,
});

const apply = ({ kernel }: Host, ...vhids: CarpVhidOptions[]): Promise<void> =>
  kernel.reconfigure(CarpModule, { vhids });
const changes = ({ kernel }: Host, ...vhids: CarpVhidOptions[]) => kernel.changes(CarpModule, { vhids });

/** A host that is MASTER of these vhids. */
async function master(world: World, ...vhids: CarpVhidOptions[]): Promise<Host> {
  const host = await world.host();
  await apply(host, ...vhids);
  world.advance(5000);
  assert.equal(world.masters().length, vhids.length);
  world.history();
  return host;
}

test('settings can be given when the module is loaded', async () => {
  await using world = new World();
  const host = await world.host();
  await host.kernel.unload('carp');
  const carp = await host.kernel.load(CarpModule, { vhids: [vhid(1), vhid(2)] });
  assert.deepEqual(carp.list().map(String), ['1@eth0', '2@eth0']);
});

test('it says what would change, and no password', async () => {
  await using world = new World();
  const host = await master(world, vhid(1), vhid(2));
  const wanted = [vhid(1, { advskew: 50, password: 'other secret', preempt: true }), vhid(3)];
  assert.deepEqual(await changes(host, ...wanted), [
    '2@eth0: removed',
    '1@eth0: advskew 0 -> 50',
    '1@eth0: preempt default -> true',
    '1@eth0: password changed',
    '3@eth0: new',
  ]);
  await apply(host, ...wanted);
  assert.deepEqual(await changes(host, ...wanted), []);
});

test('what somebody changed meanwhile is put in line again', async () => {
  await using world = new World();
  const host = await master(world, vhid(1));
  host.carp.list()[0]!.configure({ advskew: 9 });
  assert.deepEqual(await changes(host, vhid(1)), ['1@eth0: advskew 9 -> 0']);
  await apply(host, vhid(1));
  assert.deepEqual(await changes(host, vhid(1)), []);
});

test('a vhid that stays as it is sends nothing more for it, and keeps its replay guard', async () => {
  await using world = new World();
  const host = await master(world, vhid(1), vhid(2));
  world.seen.splice(0);
  await apply(host, vhid(1), vhid(2, { advskew: 3 }));
  assert.deepEqual(
    world.seen.filter(({ kind }) => kind === 'carp4').map(({ payload }) => payload[1]),
    [2],
  );
  assert.deepEqual(world.history(), []);
});

test('vhids that a program has created are not touched', async () => {
  await using world = new World();
  const host = await master(world, vhid(1));
  host.create({ vhid: 7, addresses: ['10.88.0.107/24'] });
  await apply(host, vhid(2));
  assert.deepEqual(host.carp.list().map(String), ['7@eth0', '2@eth0']);
});

test('an address moves from one vhid to another, whichever of them stands first or stays', async () => {
  for (const [before, after] of [
    [[vhid(1), vhid(2)], [vhid(2, { addresses: ['10.88.0.102/24', '10.88.0.101/24'] })]],
    [
      [vhid(1, { addresses: ['10.88.0.101/24', '10.88.0.109/24'] }), vhid(2)],
      [vhid(1), vhid(2, { addresses: ['10.88.0.102/24', '10.88.0.109/24'] })],
    ],
    [
      [vhid(1), vhid(2, { addresses: ['10.88.0.102/24', '10.88.0.109/24'] })],
      [vhid(1, { addresses: ['10.88.0.101/24', '10.88.0.109/24'] }), vhid(2)],
    ],
  ] as const) {
    await using world = new World();
    const host = await master(world, ...before);
    await apply(host, ...after);
    const wanted = after.flatMap(({ addresses }) => addresses).map(String);
    assert.deepEqual(host.addresses().toSorted(), ['10.88.0.1/24', ...wanted].toSorted());
    assert.ok(!host.log.some(({ message }) => /taken off|left behind/.test(message)));
  }
});

test('a change that fails at any vhid leaves every vhid as before', async () => {
  const before = [vhid(1), vhid(2), vhid(3)];
  const after = [
    vhid(1, { advskew: 9, peers: ['10.88.0.8'] }),
    vhid(3, { peers: ['10.88.0.9'], password: 'new' }),
    vhid(4, { group: '224.0.0.19' }),
  ];
  let failures = 0;
  for (let nth = 1; ; nth++) {
    await using world = new World(nth);
    const host = await master(world, ...before);
    const eth0 = host.kernel.get(IfnetModule).byName('eth0')!;
    const openIp = eth0.openIp.bind(eth0);
    let left = nth;
    eth0.openIp = (...args) => {
      if (--left === 0) throw new IfnetError('EMFILE', 'eth0', 'too many sockets');
      return openIp(...args);
    };
    const error = await apply(host, ...after).then(
      () => undefined,
      (failure: Error) => failure,
    );
    if (error === undefined) break;
    failures++;
    assert.match(error.message, /too many sockets/);
    assert.deepEqual(await changes(host, ...before), [], `after failure ${nth}`);
    assert.deepEqual(
      host.carp
        .list()
        .map(({ name, state }) => `${name} ${state}`)
        .toSorted(),
      ['1@eth0 MASTER', '2@eth0 MASTER', '3@eth0 MASTER'],
    );
    assert.deepEqual(
      world.history().filter((line) => !/4@eth0|INIT/.test(line)),
      [],
    );
  }
  assert.ok(failures >= 2, `${failures} failures`);
});

test('two vhids that cannot both be are refused before anything changes', async () => {
  await using world = new World();
  const host = await master(world, vhid(1));
  const refused = { code: 'ESETTINGS', message: /vhids\[1\]: 10\.88\.0\.101 on eth0 belongs to vhids\[0\]/ };
  await assert.rejects(
    apply(host, vhid(1, { advskew: 9 }), vhid(2, { addresses: ['10.88.0.101/32'] })),
    refused,
  );
  assert.deepEqual(await changes(host, vhid(1)), []);
});

test('hundreds of vhids are changed in slices, between which everything else has its turn', async () => {
  /** Time passes with each look at the clock, and between two slices. */
  class BusyClock extends VirtualClock {
    turns = 0;
    busy = false;
    #passed = 0;
    override now(): number {
      if (this.busy) this.#passed += 0.05;
      return super.now() + this.#passed;
    }
    override async nextTurn(): Promise<void> {
      this.turns++;
      this.advanceSync(1);
    }
  }
  const clock = new BusyClock();
  await using kernel = new Kernel({ clock, random: seededRandom(1) });
  using lan = new Lan({ clock, random: seededRandom(2) });
  await kernel.load(LanDriver, { lan, interfaces: [{ name: 'eth0', addresses: ['10.88.0.1/16'] }] });
  const vhids = (advskew: number): CarpVhidOptions[] =>
    Array.from({ length: 255 }, (_, i) => vhid(i + 1, { addresses: [`10.88.1.${i}/16`], advskew }));
  const carp = await kernel.load(CarpModule, { vhids: vhids(0) });
  clock.advanceSync(5000);
  assert.ok(carp.list().every(({ state }) => state === 'MASTER'));
  clock.busy = true;
  await kernel.reconfigure(CarpModule, { vhids: vhids(7) });
  assert.ok(clock.turns >= 5, `${clock.turns} turns`);
  assert.ok(carp.list().every(({ state, settings }) => state === 'MASTER' && settings.advskew === 7));
});

test('an interface that is not there is named, at the start and when settings change', async () => {
  await using world = new World();
  const host = await world.host();
  const warnings = (): string[] =>
    host.log.map(({ message }) => message).filter((message) => message.startsWith('there is no interface'));
  await apply(host, vhid(1));
  assert.deepEqual(warnings(), []);
  await apply(host, vhid(1), vhid(2, { ifname: 'eht0' }));
  assert.deepEqual(warnings(), ['there is no interface eht0 yet; waiting for it']);
});

test('one that a program has removed cannot be changed, and is made again by the settings', async () => {
  await using world = new World();
  const host = await master(world, vhid(1, { failoverGroup: 'g' }), vhid(2, { failoverGroup: 'g' }));
  const [gone, other] = host.carp.list() as [CarpVhid, CarpVhid];
  host.carp.remove(gone);
  assert.throws(() => gone.configure({ advskew: 5 }), {
    code: 'ENOENT',
    message: 'carp 1@eth0: has been removed',
  });
  assert.equal(other.advskew, 0);
  const wanted = [vhid(1, { failoverGroup: 'g', advskew: 5 }), vhid(2, { failoverGroup: 'g' })];
  assert.deepEqual(await changes(host, ...wanted), ['1@eth0: new']);
  await apply(host, ...wanted);
  world.advance(5000);
  assert.deepEqual(
    host.carp.list().map(({ name, state, advskew }) => `${name} ${state} ${advskew}`),
    ['2@eth0 MASTER 0', '1@eth0 MASTER 5'],
  );
  host.carp.remove(host.carp.list()[0]!);
  await apply(host, wanted[0]!);
  assert.deepEqual(host.carp.list().map(String), ['1@eth0']);
});
