import type { CarpCounterName } from '../../../../modules/carp/index.js';

/** The counters of refused advertisements: each is counted once, and as received. */
export const REFUSALS = [
  'badif',
  'badttl',
  'badsum',
  'badver',
  'badlen',
  'badauth',
  'badvhid',
  'badtype',
  'badgroup',
  'badsource',
  'looped',
  'replayed',
  'unsealed',
  'badseal',
  'disallowed',
  'flooded',
  'vrrp',
] as const satisfies readonly CarpCounterName[];
