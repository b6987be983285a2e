/**
 * Whose rules settle an election: `auto` gets along with all of them at once, `bsd` is FreeBSD, `ucarp` is ucarp on
 * little-endian machines (its comparison of addresses depends on that), `ucarp-be` on big-endian ones.
 */
export const CARP_DIALECTS = ['auto', 'bsd', 'openbsd', 'ucarp', 'ucarp-be'] as const;

/** One of {@link CARP_DIALECTS}. */
export type CarpDialect = (typeof CARP_DIALECTS)[number];
