/** CARP on real interfaces: how late, how fast, how many, how robust. Needs root, network namespaces and the peers. */
import { needs } from '../support/needs.js';
import { type Bench, figures } from './bench.js';
import { handover } from './carp/handover.js';
import { scale } from './carp/scale.js';
import { subsecond } from './carp/subsecond.js';
import { takeover } from './carp/takeover.js';
import { verify } from './carp/verify.js';

export const bench: Bench = async ({ quick, log }) => {
  const missing = needs('root', 'netns', 'program:ucarp', 'program:keepalived', 'program:tcpdump');
  if (missing !== false) throw new Error(`the carp benchmark ${missing}`);
  return [
    ...(await verify(quick ? 50_000 : 500_000)),
    ...(await takeover(quick ? 1 : 5, log)),
    ...(await handover(quick ? 1 : 5, log)),
    ...(await subsecond(quick ? 10 : 60, log)),
    // Shares of a processor differ by a sixth from minute to minute, so that one round says little.
    ...(await figures({ bench: () => scale(quick ? 10 : 25, !quick, log), rounds: 5 }, { quick, log })),
  ];
};
