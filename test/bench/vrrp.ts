/** VRRP on real interfaces beside keepalived: how late, how fast, how steady, how many. */
import { needs } from '../support/needs.js';
import type { Bench } from './bench.js';
import { changes } from './vrrp/change.js';
import { scale } from './vrrp/scale.js';
import { steady } from './vrrp/steady.js';
import { takeover } from './vrrp/takeover.js';

/** The long form: CARPET_STEADY_SECONDS=600. */
const STEADY_SECONDS = Number(process.env['CARPET_STEADY_SECONDS'] ?? 60);

export const bench: Bench = async ({ quick, log }) => {
  const missing = needs('root', 'netns', 'program:keepalived', 'program:tcpdump');
  if (missing !== false) throw new Error(`the vrrp benchmark ${missing}`);
  return [
    ...(await takeover(quick ? 1 : 3, log)),
    ...(await changes(quick ? 1 : 3, log)),
    ...(await scale(quick ? 10 : 60, !quick, log)),
    ...(await steady(quick ? 10 : STEADY_SECONDS, log)),
  ];
};
