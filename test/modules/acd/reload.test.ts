/** A reload of CARP replaces the vhids: the new ones are guarded, and those that are gone hold nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcdModule } from '../../../modules/acd/index.js';
import { CarpModule, type CarpVhid, type CarpVhidOptions } from '../../../modules/carp/index.js';
import { newer } from '../../support/newer.js';
import type { Host } from '../carp/support/world.js';
import { arp } from './support/intruder.js';
import { Scene, SHARED4 } from './support/scene.js';

const vhid = (options: Partial<CarpVhidOptions>): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: [`${SHARED4}/24`],
  ...options,
});

/** A guarded MASTER, of which a reload has made another. */
async function reloaded({ world }: Scene, options: Partial<CarpVhidOptions> = {}): Promise<Host> {
  const host = await world.host();
  await host.kernel.unload(CarpModule);
  await host.kernel.load(CarpModule, { vhids: [vhid(options)] });
  await host.kernel.load(AcdModule);
  world.advance(10_000);
  await host.kernel.reload(newer(CarpModule));
  world.advance(1000);
  assert.equal(present(host).state, 'MASTER');
  return host;
}

const present = ({ kernel }: Host): CarpVhid => kernel.get(CarpModule).list()[0]!;

function counts({ kernel }: Host): number[] {
  const { conflicts, defended } = kernel.get(AcdModule).statistics;
  return [conflicts.value, defended.value];
}

test('the addresses of the new one are guarded', async () => {
  await using scene = new Scene();
  const host = await reloaded(scene);
  scene.send(arp({ sender: SHARED4 }));
  scene.world.advance(1000);
  assert.deepEqual(counts(host), [1, 1]);
});

test('a BACKUP does not answer the MASTER, though scripts manage the addresses', async () => {
  await using scene = new Scene();
  const host = await reloaded(scene, { manageAddresses: false });
  present(host).setState('BACKUP');
  scene.send(arp({ sender: SHARED4 }));
  scene.world.advance(1000);
  assert.deepEqual(counts(host), [0, 0]);
});

test('a MASTER that hears another one leaves it to CARP which of them yields', async () => {
  await using scene = new Scene();
  const host = await reloaded(scene);
  const peer = await scene.world.host();
  const other = peer.create({ advskew: 100, addresses: [`${SHARED4}/24`] });
  scene.world.advance(5000);
  other.setState('MASTER');
  scene.world.advance(2000);
  assert.deepEqual([present(host).state, other.state], ['MASTER', 'BACKUP']);
  assert.deepEqual(counts(host), [0, 0]);
});
