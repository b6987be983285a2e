/**
 * What passes to a successor of what all protocols share: parts of their modules' states. The successor may be of another
 * version of this code, so it is checked like any other input. Times are those of the kernel's clock in ms; null stands for
 * never.
 *
 * @module
 */
import * as v from 'valibot';

const time = v.nullable(v.number());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Of a {@link Fault}. */
export const faultSchema = v.object({
  reason: v.nullable(v.string()),
  raised: v.boolean(),
  holdMs: count,
  lift: time,
});

/** Of a {@link Fitness}. */
export const fitnessSchema = v.object({
  ...faultSchema.entries,
  /** Whether no address was served; null: as a state from before it was told from serving some. */
  servesNone: v.optional(v.nullable(v.boolean()), null),
});

/** Of a {@link LastWord}: when it was spoken, null: not yet; and who won, if that one was heard since; null: nobody is to be told. */
export const lastWordSchema = v.nullable(
  v.object({
    parting: v.optional(v.picklist(['word', 'silence']), 'word'),
    spokenAt: v.nullable(v.number()),
    winner: v.nullable(v.string()),
    /** How often it is to be told yet. */
    left: v.optional(v.number(), 1),
  }),
);

/** Of a {@link VipService}. */
export const serviceSchema = v.object({
  /** The kind of place; null while there is none. */
  place: v.nullable(v.string()),
  /** Prefixes that were put in place. */
  placed: v.array(v.string()),
  /** Wanted prefixes that are the host's own. */
  hosts: v.array(v.string()),
  /** What promote_secondaries was before it was set; null: it was not set. */
  promoted: v.nullable(v.number()),
  refresh: time,
  /** Prefixes that a provider has put in place; null: it is not known, or not for each. */
  provided: v.optional(v.nullable(v.array(v.string())), null),
  /** Where it is not known for each: those that are in place for certain (null: unknown), and those that may be. */
  unsettled: v.optional(
    v.nullable(v.object({ here: v.nullable(v.array(v.string())), possible: v.array(v.string()) })),
    null,
  ),
  /** Routes and rules that were added, in the words of `ip`. */
  routes: v.optional(v.array(v.string()), []),
  /** What keeps it from serving, with the part that has found it. */
  troubles: v.optional(
    v.array(
      v.object({ part: v.picklist(['place', 'routes', 'provider']), reason: v.string(), total: v.boolean() }),
    ),
    [],
  ),
  /** When the addresses' lifetime last began, and how long it is (null: for ever). Null: as a state without it. */
  renewed: v.optional(v.nullable(v.object({ at: time, seconds: v.nullable(count) })), null),
});

/** Of a {@link DemotionLedger}: what demotes, but for what virtual hosts have in their own state. */
export const ledgerSchema = v.array(
  v.object({
    by: v.string(),
    reason: v.string(),
    amount: v.number(),
    since: v.number(),
    vhids: v.nullable(v.array(v.string())),
    group: v.nullable(v.string()),
  }),
);

const text = v.pipe(v.string(), v.maxLength(1000));
const stateName = v.picklist(['INIT', 'BACKUP', 'MASTER']);
const change = v.object({
  time: v.number(),
  from: stateName,
  to: stateName,
  reason: text,
  evidence: v.nullable(text),
});

/** What `carpet why` remembers of each virtual host, by its name. */
export const chronicleSchema = v.record(v.string(), v.pipe(v.array(change), v.maxLength(64)));

/** {@link chronicleSchema}'s output. */
export type ChronicleState = v.InferOutput<typeof chronicleSchema>;
/** {@link faultSchema}'s output. */
export type FaultState = v.InferOutput<typeof faultSchema>;
/** {@link fitnessSchema}'s output. */
export type FitnessState = v.InferOutput<typeof fitnessSchema>;
/** {@link lastWordSchema}'s output. */
export type LastWordState = v.InferOutput<typeof lastWordSchema>;
/** {@link serviceSchema}'s output. */
export type VipServiceState = v.InferOutput<typeof serviceSchema>;
/** {@link ledgerSchema}'s output. */
export type DemotionLedgerState = v.InferOutput<typeof ledgerSchema>;
