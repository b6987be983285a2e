/**
 * Twenty pairs of ucarp, each on a cable of its own: on a common one every process would be woken by the others'
 * advertisements, and ucarp looks at its deadline only when it wakes. Its libpcap hands packets over in blocks, once a
 * second, so how late it is depends on when it was started: the twenty start evenly over a second.
 */
import { elapse, Laboratory, waitFor } from '../../../lab/support/index.js';
import { carpAdvert, lladdrOf, wire } from '../common.js';
import { startUcarp } from '../ucarp.js';
import { allAdvertised, readTakeover, type Takeover } from './reading.js';

const PAIRS = Array.from({ length: 20 }, (_, i) => ({
  ifname: `eth${i}`,
  killed: `10.88.${i}.1`,
  successor: `10.88.${i}.2`,
  shared: { address: `10.99.${i}.1`, advert: carpAdvert(1), dead: 3000 },
}));

export async function ucarpTakeovers(): Promise<Takeover[]> {
  await using lab = Laboratory.open();
  const ifnames = PAIRS.map(({ ifname }) => ifname);
  const [a, b] = wire(lab, ifnames);
  const captures = await Promise.all(ifnames.map((ifname) => lab.capture('proto 112 or arp', b, ifname)));
  const advertised = (end: 'killed' | 'successor'): boolean =>
    PAIRS.every((pair, i) => allAdvertised(captures[i]!, pair[end], [pair.shared]));

  const masters = PAIRS.map(({ ifname, killed }) => startUcarp(a!, { ifname, source: killed, more: '-r 1' }));
  await waitFor('masters', 10_000, () => advertised('killed'));
  for (const { ifname, successor } of PAIRS) {
    startUcarp(b!, { ifname, source: successor });
    await elapse(1000 / PAIRS.length);
  }
  await elapse(2500);
  for (const master of masters) master.kill('SIGKILL');
  await waitFor('takeovers', 10_000, () => advertised('successor'));
  await elapse(200);
  return PAIRS.map(({ ifname, killed, successor, shared }, i) =>
    readTakeover(captures[i]!, { killed, successor, lladdr: lladdrOf(b!, ifname) }, shared),
  );
}
