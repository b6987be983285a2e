/** What is read ahead for the packets of a batch: nothing changes by it, whatever they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IfnetModule, InetAddress, type IpSocketOptions } from '../../../modules/ifnet/index.js';
import type { VrrpSoftc } from '../../../modules/vrrp/softc.js';
import { type Host as VrrpHost, World as VrrpWorld } from '../vrrp/support/world.js';
import { softcOf } from './support/softc.js';
import { type Host, SHARED, World } from './support/world.js';

const PEER = InetAddress.parse('10.88.0.1');
const PEER6 = InetAddress.parse('fe80::1');

/** The sockets that a host opens from now on. */
function socketsOf({ kernel }: Pick<Host | VrrpHost, 'kernel'>): IpSocketOptions[] {
  const eth0 = kernel.get(IfnetModule).byName('eth0')!;
  const openIp = eth0.openIp.bind(eth0);
  const opened: IpSocketOptions[] = [];
  eth0.openIp = (options) => {
    opened.push(options);
    return openIp(options);
  };
  return opened;
}

/** Shows the sockets packets for number 1, for one that nobody has, and for none. */
function show(opened: readonly IpSocketOptions[]): void {
  for (const { family, prefetch } of opened)
    for (const payload of [[], [0x21], [0x21, 1], [0x21, 2], [0x31, 1, ...Array<number>(34).fill(255)]])
      prefetch!({ family, source: family === 4 ? PEER : PEER6, payload: Uint8Array.from(payload) });
}

test('a vhid is as it was, before it has heard a master and after', async () => {
  await using world = new World();
  const [better, host] = [await world.host(), await world.host()];
  const addresses = [SHARED, 'fd88::100/64'];
  const opened = socketsOf(host);
  const vhid = softcOf(host.create({ addresses, advskew: 100 }));
  assert.equal(opened.length, 2);
  const compare = (): void => {
    const before = vhid.handover.capture();
    show(opened);
    assert.deepEqual(vhid.handover.capture(), before);
  };
  compare();
  better.create({ addresses });
  world.advance(9000);
  assert.ok(vhid.heardMaster.heardAt !== undefined && vhid.state === 'BACKUP');
  compare();
  const heard = [host.carp.statistics.ipackets.value, host.carp.statistics.badvhid.value];
  show(opened);
  assert.deepEqual([host.carp.statistics.ipackets.value, host.carp.statistics.badvhid.value], heard);
});

test('so is a virtual router of VRRP', async () => {
  await using world = new VrrpWorld();
  const [better, host] = [await world.host(), await world.host()];
  const opened = socketsOf(host);
  const router = host.create({ vrid: 1 }) as VrrpSoftc;
  assert.equal(opened.length, 1);
  const compare = (): void => {
    const before = router.handover.capture();
    show(opened);
    assert.deepEqual(router.handover.capture(), before);
  };
  compare();
  better.create({ vrid: 1, priority: 200 });
  world.advance(9000);
  assert.ok(router.master !== undefined && router.state === 'BACKUP');
  compare();
});
