/** Advertisements per second through all checks and the state machine, packets at hand. */

import { IfnetModule, InetAddress } from '../../../modules/ifnet/index.js';
import { advertisements } from '../../modules/carp/support/advertisement.js';
import { sealedAdvertisements } from '../../modules/carp/support/seal.js';
import { SHARED, World } from '../../modules/carp/support/world.js';
import { openedSockets } from '../../support/opened-sockets.js';
import type { Measurement } from '../bench.js';

const ROUNDS = 3;
const SOURCE = '10.88.0.2';
const OPTIONS = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };

/** Ordinary ones, and sealed ones. */
export async function verify(count: number): Promise<Measurement[]> {
  const make = advertisements(OPTIONS);
  const seal = sealedAdvertisements(OPTIONS, SOURCE);
  return [
    await measure('carp.verify_per_s', count, (i) => make({ counter: BigInt(i + 1) })),
    await measure('carp.verify_sealed_per_s', count, (i) => seal({ sequence: i + 1 })),
  ];
}

async function measure(id: string, count: number, make: (i: number) => Uint8Array): Promise<Measurement> {
  await using world = new World();
  const host = await world.host();
  const opened = openedSockets(host.kernel.get(IfnetModule).byName('eth0')!);
  host.create({ ...OPTIONS, advskew: 100 });
  const { input } = opened[0]!;
  const source = InetAddress.parse(SOURCE);
  const { ipackets, badauth, replayed, badseal } = host.carp.statistics;
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const packets = Array.from({ length: count }, (_, i) => ({
      family: 4 as const,
      source,
      ttl: 255,
      payload: make(round * count + i),
    }));
    const start = performance.now();
    for (const packet of packets) input(packet);
    best = Math.max(best, count / ((performance.now() - start) / 1000));
  }
  if (ipackets.value !== ROUNDS * count || badauth.value + replayed.value + badseal.value > 0)
    throw new Error('not all verified');
  return { id, value: best, unit: '1/s' };
}
