/**
 * What a vhid sends and hears of seals.
 *
 * - `off`: send no seals.
 * - `send`: send them. What is heard with a right seal is judged by it, everything else as if there were none.
 * - `auto`: like `send`, and what claims to be sealed must be.
 * - `require`: hear nothing else.
 */
export type CarpSealMode = (typeof CARP_SEAL_MODES)[number];

/** All of them. */
export const CARP_SEAL_MODES = ['off', 'send', 'auto', 'require'] as const;
