/**
 * How late a takeover is, for carpet, ucarp and keepalived: the master is killed, and a capture says the rest. All
 * three put the address on the interface. Each is measured against the deadline that its own protocol sets it, from the
 * last advertisement on the wire on:
 *   carpet      3 × advbase + advskew/256
 *   ucarp       the same (its sleep is coarser: with advskew 0 that adds nothing, so it has advskew 0)
 *   keepalived  3 × interval + (256 − priority)/256 × interval, VRRPv3
 *
 *   lateness       from the deadline to the successor's first advertisement
 *   garp_lag       from that advertisement to the first gratuitous ARP. ucarp sends it before the advertisement (and
 *                  after its script), which makes this negative; keepalived and carpet send it after.
 *   garp_lateness  from the deadline to the gratuitous ARP, in whatever order: when the neighbours learn of it, and so
 *                  the figure to compare
 *
 * Not the same in all: ucarp has a process and a cable per vhid, and fewer samples; `samples` says how many, and with
 * fewer than a hundred p99 is the worst.
 */
import type { Measurement } from '../bench.js';
import { quantile } from './common.js';
import { carpetTakeovers } from './takeover/carpet.js';
import { keepalivedTakeovers } from './takeover/keepalived.js';
import type { Takeover } from './takeover/reading.js';
import { ucarpTakeovers } from './takeover/ucarp.js';

/** carpet's ids name nobody. */
const DAEMONS = [
  { name: 'carpet', infix: '', run: carpetTakeovers },
  { name: 'ucarp', infix: 'ucarp.', run: ucarpTakeovers },
  { name: 'keepalived', infix: 'keepalived.', run: keepalivedTakeovers },
];

export async function takeover(rounds: number, log: (line: string) => void): Promise<Measurement[]> {
  const results = DAEMONS.map((daemon) => ({ ...daemon, takeovers: [] as Takeover[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run, takeovers } of results) {
      takeovers.push(...(await run()));
      log(`takeover: ${name}, ${takeovers.length} samples`);
    }
  }
  return results.flatMap(({ infix, takeovers }) => figures(infix, takeovers));
}

function figures(infix: string, takeovers: readonly Takeover[]): Measurement[] {
  const lateness = takeovers.map((each) => each.lateness);
  return [
    ...quantiles(`carp.lateness.${infix}`, lateness),
    { id: `carp.lateness.${infix}worst_ms`, value: Math.max(...lateness), unit: 'ms' },
    { id: `carp.lateness.${infix}samples`, value: lateness.length, unit: 'takeovers' },
    ...quantiles(
      `carp.garp_lag.${infix}`,
      takeovers.map((each) => each.garpLag),
    ),
    ...quantiles(
      `carp.garp_lateness.${infix}`,
      takeovers.map((each) => each.garpLateness),
    ),
  ];
}

function quantiles(prefix: string, values: readonly number[]): Measurement[] {
  return [
    { id: `${prefix}p50_ms`, value: quantile(values, 0.5), unit: 'ms' },
    { id: `${prefix}p99_ms`, value: quantile(values, 0.99), unit: 'ms' },
  ];
}
