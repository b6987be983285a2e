import * as v from 'valibot';

/** What is done about a conflict: see {@link AcdSettings}. */
export const ACD_CONFLICTS = ['defend', 'report', 'off'] as const;

/** What is done about a conflict. */
export type AcdConflicts = (typeof ACD_CONFLICTS)[number];

/** The longest grace, in milliseconds. */
const MAX_GRACE_MS = 60_000;

export const acdSchema = v.optional(
  v.strictObject({
    /**
     * What is done when another host claims an address that this host holds as MASTER: `defend` reports and announces
     * the address again, `report` reports, `off` does not look.
     */
    conflicts: v.optional(v.picklist(ACD_CONFLICTS, `is not one of ${ACD_CONFLICTS.join(', ')}`), 'defend'),
    /**
     * Milliseconds from a claim to its judgement, 0 to 60000. A better MASTER may announce the address just before this
     * host hears its advertisement.
     */
    grace: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_GRACE_MS)), 100),
  }),
  {},
);

/** The settings of the module `acd`, as given: all of them have defaults. */
export type AcdSettings = v.InferInput<typeof acdSchema>;

/** The same, complete. */
export type AcdConfig = v.InferOutput<typeof acdSchema>;
