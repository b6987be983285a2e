/** Advertisements per second through all checks and the state machine, packets at hand. */

import { CarpAdvertisement } from '../../../modules/carp/wire/advertisement.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { World } from '../../modules/carp/support/world.js';
import type { Measurement } from '../bench.js';

export async function verify(count: number): Promise<Measurement[]> {
  await using world = new World();
  const host = await world.host();
  const vhid = host.create({ advskew: 100 });
  const source = InetAddress.parse('10.88.0.2');
  const advertisement = new CarpAdvertisement(1);
  const packets = Array.from({ length: count }, (_, i) => ({
    family: 4 as const,
    source,
    ttl: 255,
    payload: advertisement.build(1, 0, 0, BigInt(i + 1), vhid.authenticator).slice(),
  }));
  let best = 0;
  for (let round = 0; round < 3; round++) {
    vhid.replay.reset();
    const start = performance.now();
    for (const packet of packets) vhid.input(packet);
    best = Math.max(best, count / ((performance.now() - start) / 1000));
  }
  if (host.carp.statistics.badauth.value + host.carp.statistics.replayed.value > 0)
    throw new Error('not all verified');
  return [{ id: 'carp.verify_per_s', value: best, unit: '1/s' }];
}
