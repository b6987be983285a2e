/**
 * What a VRRP module hands over to its successor, which may be of another version of this code: so it is checked like any
 * other input. Times are those of the kernel's clock in ms, which counts alike in both processes; null stands for never. No
 * secret is in it.
 *
 * @module
 */
import * as v from 'valibot';
import {
  chronicleSchema,
  faultSchema,
  fitnessSchema,
  lastWordSchema,
  serviceSchema,
} from '../../vip/index.js';

/** Raised when the meaning of a member changes: a successor refuses a format that it does not know. */
export const VRRP_STATE_FORMAT = 1;

const time = v.nullable(v.number());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const machine = v.object({
  state: v.picklist(['INIT', 'BACKUP', 'MASTER']),
  since: v.number(),
  /** When the next advertisement is due. */
  advertisement: time,
  /** When a BACKUP takes over. */
  masterDown: time,
  /** The master's interval in ms, which a BACKUP of version 3 follows; null: our own. */
  learnt: v.nullable(v.pipe(v.number(), v.minValue(1))),
  /** The priority that `masterDown` was reckoned with. */
  priority: count,
  occasion: v.picklist(['silence', 'bow-out', 'contest']),
  lowerSince: time,
  paused: v.boolean(),
  lastSent: time,
  /** Absent in a state from before failures to send were told from silence. */
  lastTried: v.optional(time, null),
  /** When worse MASTERs were answered, the latest first. Absent in a state from before they were answered in a row. */
  answers: v.optional(v.array(v.number()), []),
  announceIn: count,
  master: v.nullable(
    v.object({ source: v.string(), priority: count, interval: v.number(), time: v.number() }),
  ),
});

const output = v.object({
  errors: count,
  /** Of the latest trailer. */
  counter: count,
  /** What that was made from, in ms since 1970, and when. Absent in a state from before the wall clock could be set back. */
  sequence: v.optional(v.object({ time: v.number(), at: v.number() }), { time: 0, at: 0 }),
  fault: faultSchema,
  /** Absent in a state from before it was repeated. */
  lastWord: v.optional(lastWordSchema, null),
});

const sequence = v.object({ source: v.string(), seconds: count, fraction: count, counter: count });

const peer = v.object({
  source: v.string(),
  words: v.object({ priority: count, interval: v.number() }),
  time: v.number(),
  bowedOut: v.boolean(),
});

const router = v.object({
  name: v.pipe(v.string(), v.maxLength(64)),
  /** The settings in words, to see whether the successor's differ. */
  settings: v.string(),
  readiness: v.object({ held: v.boolean(), started: v.boolean(), startup: time }),
  machine,
  /** The last sequence of each sender of a trailer, the one that was silent longest first. */
  sequences: v.array(sequence),
  /** The hosts that were heard. Absent in a state from before they were kept. */
  peers: v.optional(v.array(peer), []),
  output,
  fitness: fitnessSchema,
  service: serviceSchema,
});

/** The state of the module `vrrp`. */
export const vrrpStateSchema = v.object({
  format: v.literal(
    VRRP_STATE_FORMAT,
    `is of a format other than ${VRRP_STATE_FORMAT}, the only one known here`,
  ),
  /** net.inet.vrrp.*, by the names of the tunables. */
  tunables: v.record(v.string(), v.union([v.number(), v.boolean()])),
  routers: v.array(router),
  /** What `carpet why` remembers. */
  chronicle: v.optional(chronicleSchema, {}),
});

/** {@link vrrpStateSchema}'s output. */
export type VrrpModuleState = v.InferOutput<typeof vrrpStateSchema>;
/** Of one virtual router. */
export type VrrpRouterState = v.InferOutput<typeof router>;
/** Of its state machine. */
export type VrrpMachineState = v.InferOutput<typeof machine>;
/** Of what sends its advertisements. */
export type VrrpOutputState = v.InferOutput<typeof output>;
/** Of what refuses repeated advertisements. */
export type VrrpSequenceState = v.InferOutput<typeof sequence>;
