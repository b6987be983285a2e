import type { Statement } from './parser.js';
import { isOff, type Remark } from './values.js';

/** keepalived's of who owns the addresses. */
export const OWNER_PRIORITY = 255;

/**
 * The statements of a vrrp_instance that keepalived heeds. It ignores `nopreempt` and `preempt_delay` of one that starts as
 * MASTER, and `nopreempt` of an owner: after a restart these take their addresses back at once.
 *
 * @param strict whether it is in strict mode, unless it says otherwise
 */
export function heeded(block: readonly Statement[], strict: boolean, remark: Remark): Statement[] {
  const state = block.find(({ words }) => words[0] === 'state')?.words[1];
  const priority = block.findLast(({ words }) => words[0] === 'priority')?.words[1];
  const own = block.findLast(({ words }) => words[0] === 'strict_mode');
  const owner = priority === undefined ? state === 'MASTER' : Number(priority) === OWNER_PRIORITY;
  // Strict mode has it that the owner starts as MASTER, and nobody else.
  const derived = state === undefined || (own === undefined ? strict : !isOff(own));
  const master = derived ? owner : state === 'MASTER';
  const ignored = new Set(master ? ['nopreempt', 'preempt_delay'] : owner ? ['nopreempt'] : []);
  const why = state === 'MASTER' ? 'state MASTER' : `priority ${OWNER_PRIORITY}`;
  return block.filter(({ words: [kind = ''], line }) => {
    if (ignored.has(kind)) remark(line, `${kind}: keepalived ignores it with ${why}`);
    return !ignored.has(kind);
  });
}
