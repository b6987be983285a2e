/** VRRP shares CARP's protocol number and groups. A router with a vhid's number is reported; all others are not heard. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { protocolOf } from '../../../modules/vip/index.js';
import { advertisement } from './support/advertisement.js';
import { stranger } from './support/stranger.js';
import { fromHex } from './support/vectors.js';
import { SHARED, World } from './support/world.js';

/** Captured from keepalived 2.2.7 and FRR 8.4.4, all but the last with the id 51. */
const KEEPALIVED_V2 = '2133960100013e0e0a5800640000000000000000';
const KEEPALIVED_V2_FIVE_ADDRESSES =
  '21375a0500014eda0a58006e0a58006f0a5800700a5800710a5800720000000000000000';
const KEEPALIVED_V2_SEVEN_ADDRESSES =
  '21385b07000137fa0a5800780a5800790a58007a0a58007b0a58007c0a58007d0a58007e0000000000000000';
const KEEPALIVED_V3 = '313d9601006442910a58008c';
const KEEPALIVED_V3_IPV6 = '3151960200640c78fe8000000000000000000000005e008120010db8008800000000000000000100';
const FRR_V2 = '2101960100013e400a5800640000000000000000';

const isVrrp = (family: 4 | 6, payload: Uint8Array): boolean => protocolOf(family, payload) === 'vrrp';

describe('a VRRP advertisement', () => {
  it('is told from CARP by version and length', () => {
    for (const hex of [KEEPALIVED_V2, KEEPALIVED_V2_FIVE_ADDRESSES, KEEPALIVED_V2_SEVEN_ADDRESSES, FRR_V2])
      assert.ok(isVrrp(4, fromHex(hex)), hex);
    assert.ok(isVrrp(4, fromHex(KEEPALIVED_V3)));
    assert.ok(isVrrp(6, fromHex(KEEPALIVED_V3_IPV6)));
  });

  it('is nothing else', () => {
    const carp = advertisement({ ifname: 'eth0', vhid: 1, password: 's', addresses: [SHARED] });
    for (const family of [4, 6] as const) {
      assert.ok(!isVrrp(family, carp));
      for (let length = 0; length < 12; length++) assert.ok(!isVrrp(family, carp.subarray(0, length)));
    }
    assert.ok(!isVrrp(4, fromHex(`${KEEPALIVED_V2}00`)));
    assert.ok(!isVrrp(6, fromHex(KEEPALIVED_V2)));
    assert.ok(!isVrrp(4, fromHex('41')));
  });
});

describe('a VRRP router', () => {
  const withId = (hex: string, id: number): Uint8Array => fromHex(hex).fill(id, 1, 2);

  it("with a vhid's number is reported once a minute, with the remedy, and changes nothing", async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ vhid: 51 });
    const wire = stranger(world);
    world.advance(5000);
    for (let i = 0; i < 60; i++) {
      wire.send(withId(i % 2 === 0 ? KEEPALIVED_V2 : KEEPALIVED_V3, 51), '10.88.0.9');
      world.advance(999);
    }
    const warnings = host.log.filter(({ level }) => level === 'warning').map(({ message }) => message);
    assert.deepEqual(warnings, [
      "51@eth0: the VRRP router 10.88.0.9 has this vhid's number: keepalived falls silent while it hears our " +
        'advertisements, and the virtual MACs are the same; give one of the two another number',
    ]);
    const { vrrp, badlen, badsum, badver } = host.carp.statistics;
    assert.deepEqual([vrrp.value, badlen.value, badsum.value, badver.value], [60, 0, 0, 0]);
    assert.equal(vhid.state, 'MASTER');
    world.advance(1000);
    wire.send(withId(KEEPALIVED_V3, 51), '10.88.0.9');
    world.advance(1);
    assert.match(host.log.at(-1)!.message, /VRRP router .* \(and 59 more like it\)$/);
  });

  it('with another number wakes nobody', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ vhid: 51 });
    const wire = stranger(world);
    world.advance(5000);
    const before = host.carp.statistics.ipackets.value;
    for (let i = 0; i < 10; i++) {
      wire.send(withId(KEEPALIVED_V2, 52));
      wire.send(withId(KEEPALIVED_V3, 52));
      world.advance(100);
    }
    assert.equal(host.carp.statistics.ipackets.value, before);
    assert.equal(host.carp.statistics.vrrp.value, 0);
  });
});
