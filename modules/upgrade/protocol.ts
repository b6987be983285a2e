/**
 * What two processes of carpet say to each other while one takes the place of the other: lines of JSON on a Unix socket.
 *
 *     successor                          predecessor
 *     hello      who it is          ──►
 *                                   ◄──  state     what its modules hand over, to start with
 *     ready      all is loaded, and stands by  ──►
 *                                   ◄──  final     the newest state; from here on it stands still
 *     running    it is at work      ──►
 *                                   ◄──  given     it acts no more, and ends
 *
 * Either may send `refused` with a reason in place of any of these, and closes then. `running` decides: the predecessor
 * stops receiving before it looks for it the last time, so that it was received, and the predecessor leaves, or was not,
 * and the successor's sending fails.
 *
 * Each may stop, hang or end at any moment (limits: taker.ts, giver.ts):
 *
 *     the predecessor stops before `final`    the successor gives up, closes and ends; the other goes on when it wakes,
 *                                             since its sending fails, and `running` never comes
 *     it stops after `final`                  it wakes in the same turn: `running` is there, and it leaves; or not, and
 *                                             the successor's sending will fail
 *     it stops before `given`                 the successor is at work, and need not wait: the other can only leave
 *     the successor stops before `running`    the predecessor goes on after its pause; the other's sending fails
 *
 * @module
 */
import * as v from 'valibot';
import type { Json } from '../../core/index.js';

/** Raised when an older process would misunderstand: it is refused then, and has to be restarted. */
export const PROTOCOL = 1;

/** Bytes of the longest message of a successor: the names of its modules. */
export const MAX_REQUEST = 256 * 1024;

/** A host has 1,020 vhids at most, on four interfaces. */
const MAX_VHIDS = 4 * 255;
/** What one vhid remembers beside peers of another kind: in each family 1,152 counters of 20 digits, and 16 senders. */
const VHID_BYTES = 64 * 1024;
const OTHER_MODULES_BYTES = 16 * 1024 * 1024;

/** Bytes of the longest message of a predecessor: the states of its modules. */
export const MAX_STATES = MAX_VHIDS * VHID_BYTES + OTHER_MODULES_BYTES;

const json = v.custom<Json>((given) => given !== undefined);
const states = v.record(v.string(), json);

const message = v.variant('type', [
  v.object({ type: v.literal('hello'), protocol: v.number(), version: v.string(), pid: v.number() }),
  v.object({ type: v.literal('state'), states }),
  v.object({ type: v.literal('ready'), modules: v.array(v.string()) }),
  v.object({ type: v.literal('final'), states }),
  v.object({ type: v.literal('running') }),
  v.object({ type: v.literal('given') }),
  v.object({ type: v.literal('refused'), reason: v.string() }),
]);

/** One line of the conversation. */
export type UpgradeMessage = v.InferOutput<typeof message>;

/** What the verb `upgrade.offer` answers. */
export const offer = v.object({
  protocol: v.number(),
  version: v.string(),
  pid: v.number(),
  /** Where the predecessor waits for the successor's hello. */
  socket: v.string(),
  /** Whether a service manager runs the predecessor. */
  managed: v.boolean(),
});
export type UpgradeOffer = v.InferOutput<typeof offer>;

/** @returns undefined for what is no message */
export function parseMessage(line: string): UpgradeMessage | undefined {
  try {
    const result = v.safeParse(message, JSON.parse(line));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
