/** What a simulated network goes through: drawn by fast-check, so that a failure is shrunk to its essence. */
import fc from 'fast-check';

/** What happens to a network; `host` counts from 0, modulo the number of hosts. */
export type Fault =
  | {
      readonly kind: 'cut' | 'mend' | 'down' | 'up' | 'stop' | 'crash' | 'start' | 'mute' | 'deaf';
      readonly host: number;
    }
  | { readonly kind: 'partition'; readonly sides: readonly number[] }
  | { readonly kind: 'heal' }
  | {
      readonly kind: 'weather';
      readonly loss: number;
      readonly duplicate: number;
      readonly reorder: number;
      readonly jitterMs: number;
    };

export interface Step {
  /** Milliseconds that pass before it. */
  readonly after: number;
  readonly fault: Fault;
}

export interface Plan {
  /** Of the network's and of every kernel's random generator. */
  readonly seed: number;
  /** One advskew for each host, all different. */
  readonly skews: readonly number[];
  readonly preempt: boolean;
  /** Whether the shared addresses are of both families. */
  readonly dualStack: boolean;
  readonly steps: readonly Step[];
}

const host = fc.nat(4);
const share = fc.constantFrom(0, 0.05, 0.2, 0.5);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('cut', 'mend', 'down', 'up', 'stop', 'crash', 'start', 'mute', 'deaf'),
    host,
  }),
  fc.record({
    kind: fc.constant('partition' as const),
    sides: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('heal' as const) }),
  fc.record({
    kind: fc.constant('weather' as const),
    loss: share,
    duplicate: share,
    reorder: share,
    jitterMs: fc.constantFrom(0, 5, 300),
  }),
);

/** Many things at once, or time enough for a takeover in between. */
const after = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 1500 }),
  fc.integer({ min: 3000, max: 9000 }),
);

export const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  skews: fc.uniqueArray(fc.nat(240), { minLength: 2, maxLength: 5 }),
  preempt: fc.boolean(),
  dualStack: fc.boolean(),
  steps: fc.array(fc.record({ after, fault }), { maxLength: 25 }),
});
