import * as v from 'valibot';
import type { Json } from '../../../core/json.js';
import { VipError } from '../errors.js';
import { ledgerSchema } from './schema.js';

/** Raised when the meaning of a member changes: a successor refuses a format that it does not know. */
export const VIP_STATE_FORMAT = 1;

const schema = v.object({
  format: v.literal(
    VIP_STATE_FORMAT,
    `is of a format other than ${VIP_STATE_FORMAT}, the only one known here`,
  ),
  ledger: ledgerSchema,
  /** net.inet.vip.*, by the names of the tunables. Absent in a state from before there were any. */
  tunables: v.optional(v.record(v.string(), v.union([v.number(), v.boolean()])), {}),
});

/** What the module `vip` hands over. */
export type VipModuleState = v.InferOutput<typeof schema>;

/** Checks what a predecessor has handed over. @throws VipError EHANDOVER, which names what is wrong */
export function parseVipState(state: Json): VipModuleState {
  const result = v.safeParse(schema, state);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'it';
  throw new VipError('EHANDOVER', `vip cannot take over this state: ${where} ${issue.message}`);
}
