/** Networks of every kind that CARP has settings for, and all that can happen to them: what `npm run sim` draws. */
import fc from 'fast-check';
import type { Extras, Fault, Plan, Work } from './plan.js';
import type { Awakening } from './process.js';

/** Faults come so far apart on the average, in ms. */
const STEP_MS = 2300;
export const MAX_HOSTS = 8;
const HOUR_MS = 3_600_000;

/** One of them, modulo their number. */
export const host = fc.nat(MAX_HOSTS - 1);
const leg = fc.nat(1);
const awakening = fc.constantFrom<Awakening>('timers', 'sockets');
const share = fc.constantFrom(0, 0.02, 0.2, 0.5);
const kind = <K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

const ailment = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  kind: kind('deaf', 'mute', 'late', 'off'),
});
const malady = fc.record({ kind: kind('ail'), host, leg, ailment });
const work: fc.Arbitrary<Work> = fc.oneof(
  fc.record({ kind: kind('deny', 'permit', 'upgrade', 'upgrade'), host }),
  fc.record({ kind: kind('skew'), host, skew: host }),
  fc.record({ kind: kind('password', 'addresses') }),
);
const weather = fc.record({
  kind: kind('weather'),
  leg,
  loss: share,
  duplicate: share,
  reorder: share,
  jitterMs: fc.constantFrom(0, 5, 300),
});

export const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: kind('cut', 'mend', 'mend', 'down', 'up', 'up', 'mute', 'deaf'),
      host,
      leg,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind('stop', 'crash', 'start', 'start', 'start', 'freeze'), host }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('thaw'), host, first: awakening }) },
  { weight: 1, arbitrary: malady },
  { weight: 2, arbitrary: work },
  { weight: 1, arbitrary: fc.record({ kind: kind('block', 'unblock'), host, other: host, leg }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind('partition'),
      sides: fc.array(fc.nat(2), { minLength: MAX_HOSTS, maxLength: MAX_HOSTS }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('heal') }) },
  { weight: 1, arbitrary: weather },
);

/** Many things at once, or time enough for a takeover in between. */
const after = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 1500 }),
  fc.integer({ min: 3000, max: 9000 }),
);

/** Each setting that all hosts must have alike, or that may be the same on all of them. */
const extras: fc.Arbitrary<Extras> = fc.record(
  {
    bowOut: fc.constant(false),
    delayedGarp: fc.constant(false),
    garpCount: fc.constantFrom(2, 5),
    garpInterval: fc.constantFrom(10, 300),
    garpRefresh: fc.constantFrom(500, 3000),
    preemptDelay: fc.constantFrom(500, 2500),
    startupDelay: fc.constantFrom(300, 3000),
    virtualMac: fc.constantFrom<boolean | 'service'>(true, 'service'),
    peers: fc.constant([]),
    broadcast: fc.constant(true),
    group: fc.constant('224.0.0.99'),
    group6: fc.constant('ff02::99'),
    ttl: fc.constant(64),
    replay: fc.constantFrom('off', 'loop', 'strict'),
    seal: fc.constantFrom('off', 'send', 'require'),
    lifetime: fc.constant('off'),
    manageAddresses: fc.constant(false),
    ignoreLinkState: fc.constant(true),
    election: fc.constantFrom('ucarp', 'ucarp-be', 'bsd', 'openbsd'),
    allow: fc.constant(['10.0.0.0/8', 'fe80::/10', 'fd00::/8']),
    groups: fc.constant(['carp', 'inside']),
    lladdr: fc.constant('02:00:00:00:01:07'),
  },
  { requiredKeys: [] },
);

/** Most networks have few settings of their own: with all of them at once each would hide the others. */
const someExtras = fc.tuple(extras, fc.array(fc.nat(21), { maxLength: 4 })).map(([all, kept]) => {
  const entries = Object.entries(all);
  return Object.fromEntries(entries.filter((_entry, i) => kept.includes(i))) as Extras;
});

const LEAST_SKEW = 20;
const skew = fc.oneof(fc.constantFrom(LEAST_SKEW, 100), fc.integer({ min: LEAST_SKEW, max: 240 }));
const skews = fc.oneof(
  { weight: 3, arbitrary: fc.array(skew, { minLength: 2, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(skew, { minLength: 5, maxLength: MAX_HOSTS }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(skew, fc.integer({ min: 2, max: 5 }))
      .map(([same, hosts]) => Array<number>(hosts).fill(same)),
  },
);

const rates = fc.array(fc.double({ min: 0.975, max: 1.025, noNaN: true }), {
  minLength: MAX_HOSTS,
  maxLength: MAX_HOSTS,
});
const clocks = fc.array(fc.integer({ min: -HOUR_MS, max: HOUR_MS }), {
  minLength: MAX_HOSTS,
  maxLength: MAX_HOSTS,
});
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 });

/** Networks of one size only, and on one segment. */
export interface Size {
  /** 2 to `MAX_HOSTS`. */
  readonly hosts?: number;
  /** On each host, 1 to 3. */
  readonly vhids?: number;
}

/** Plans in which faults go on for about so many minutes. @param faults what happens in them */
export function wide(
  minutes: number,
  { hosts, vhids }: Size = {},
  faults: fc.Arbitrary<Fault> = fault,
): fc.Arbitrary<Plan> {
  const steps = Math.ceil((minutes * 60_000) / STEP_MS);
  return fc
    .record({
      seed: fc.nat(),
      skews:
        hosts === undefined
          ? skews
          : fc.oneof(
              fc.array(skew, { minLength: hosts, maxLength: hosts }),
              skew.map((same) => Array<number>(hosts).fill(same)),
            ),
      advbase: fc.constantFrom(1, 1, 0, 2),
      deadRatio: fc.constantFrom(3, 2, 4),
      preempt: fc.boolean(),
      dualStack: fc.boolean(),
      firewall: hosts === undefined && vhids === undefined ? fc.boolean() : fc.constant(false),
      vhids: vhids === undefined ? fc.integer({ min: 1, max: 3 }) : fc.constant(vhids),
      awakening,
      steps: fc.array(fc.record({ after, fault: faults }), {
        minLength: steps >> 1,
        maxLength: steps,
        size: 'max',
      }),
      malady: fc.option(malady, { nil: undefined, freq: 2 }),
      extras: someExtras,
      rates: rarely(rates),
      clocks: rarely(clocks),
      attacked: fc.boolean(),
      denies: fc.nat(4).map((n) => n === 0),
    })
    .map(possible);
}

/** As it is drawn. */
type Drawn = Omit<Plan, 'seal' | 'rates' | 'clocks' | 'attacked'> & {
  readonly vhids: number;
  readonly rates: readonly number[] | undefined;
  readonly clocks: readonly number[] | undefined;
  readonly attacked: boolean;
  /** Whether addresses are refused: to forget that takes ten minutes. */
  readonly denies: boolean;
};

/** Without what cannot be, or is said not to work, together: docs/carp.md. */
function possible({ rates, clocks, attacked, denies, malady, vhids, ...drawn }: Drawn): Plan {
  const { dualStack, deadRatio, firewall } = drawn;
  // A demoted host between two segments would advertise with a longer interval than its peers wait.
  const advbase = firewall && drawn.advbase === 0 ? 1 : drawn.advbase;
  // The least that is drawn stands for none at all, which is the default. With advbase 0 there must be one.
  const skews = advbase === 0 ? drawn.skews : drawn.skews.map((skew) => (skew === LEAST_SKEW ? 0 : skew));
  const extras: Record<string, unknown> = { ...drawn.extras };
  const distinct = new Set(skews).size === skews.length;
  // Two BSDs with equal timers yield to each other for ever. Between two segments demotion must reach every peer.
  if (firewall || (!distinct && String(extras['election']).endsWith('bsd'))) delete extras['election'];
  // One link-layer address is one station.
  if (vhids !== 1 || firewall || extras['virtualMac'] === 'service') delete extras['lladdr'];
  // A host that ignores a dead cable keeps the rest of its group too, and whoever is left behind that cable starves.
  if (firewall) delete extras['ignoreLinkState'];
  if (extras['ttl'] !== undefined) extras['minTtl'] = 1;
  // What a stranger repeats is refused for certain by seals only.
  // And who sends under a host's link-layer address gets from the switch what is meant for that host alone.
  if (attacked) for (const name of ['seal', 'peers']) delete extras[name];
  const steady = deadRatio === 2 && advbase > 0;
  return {
    ...drawn,
    steps: denies ? drawn.steps : drawn.steps.filter(({ fault }) => fault.kind !== 'deny'),
    skews,
    extras: extras,
    advbase,
    vhids: firewall ? 1 : vhids,
    malady: dualStack ? malady : undefined,
    ...(rates !== undefined && !steady && { rates: rates.slice(0, skews.length) }),
    ...(clocks !== undefined && { clocks: clocks.slice(0, skews.length) }),
    ...(attacked && { attacked, seal: 'require' as const }),
  };
}
