import * as v from 'valibot';
import type { Json } from '../../../core/json.js';
import { VrrpError } from '../errors.js';
import { type VrrpModuleState, vrrpStateSchema } from './schema.js';

/** Checks what a predecessor has handed over. @throws VrrpError EHANDOVER, which names what is wrong */
export function parseVrrpState(state: Json): VrrpModuleState {
  const result = v.safeParse(vrrpStateSchema, state);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'it';
  throw new VrrpError('EHANDOVER', `vrrp cannot take over this state: ${where} ${issue.message}`);
}

/** Whether a predecessor has the virtual router. */
export function inherits(state: VrrpModuleState | undefined, { name }: { readonly name: string }): boolean {
  return state?.routers.some((each) => each.name === name) ?? false;
}
