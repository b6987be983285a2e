/**
 * What a CARP module hands over to its successor, which may be of another version of this code: so it is checked like
 * any other input. Times are those of the kernel's clock in ms, which counts alike in both processes; null stands for
 * never. Counters are decimal texts, since JSON's numbers are too short for them. No secret is in it.
 *
 * @module
 */
import * as v from 'valibot';
import {
  chronicleSchema,
  faultSchema,
  fitnessSchema,
  lastWordSchema,
  ledgerSchema,
  serviceSchema,
} from '../../vip/index.js';

/** Raised when the meaning of a member changes: a successor refuses a format that it does not know. */
export const CARP_STATE_FORMAT = 1;

const family = v.picklist([4, 6] as const);
const time = v.nullable(v.number());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const number64 = v.pipe(v.string(), v.regex(/^(-1|\d{1,20})$/, 'is no counter'));
const stateName = v.picklist(['INIT', 'BACKUP', 'MASTER']);

const contender = v.object({ units: count, demote: count, source: v.nullable(v.string()) });
const vote = v.picklist([
  'preempting a slower master',
  'preempting a demoted master',
  'failover group',
  'master will time out',
  'master timed out',
]);
const ear = v.object({
  deadline: time,
  vote: v.nullable(vote),
  heardAt: time,
  peer: v.nullable(contender),
  /** Absent in a state from before the last word of a MASTER was ignored. */
  followed: v.optional(v.nullable(contender), null),
  followedAt: v.optional(time, null),
});
const watch = v.object({ 4: ear, 6: ear, unheard: v.array(family) });

const meeting = v.object({
  peer: v.string(),
  since: v.number(),
  lastHeard: time,
  spoken: time,
  ignored: count,
});
const tie = v.object({
  meetings: v.array(meeting),
  over6: v.array(v.object({ peer: v.string(), count })),
  rival: v.nullable(v.object({ address: v.string(), at: v.number(), heard: v.number() })),
});

const machine = v.object({
  state: stateName,
  since: v.number(),
  /** When the next advertisement is due. */
  advertisement: time,
  lastSent: time,
  /** Absent in a state from before failures to send were told from silence. */
  lastTried: v.optional(time, null),
  sentInterval: v.number(),
  /** When worse MASTERs were answered, the latest first. Absent in a state from before they were answered in a row. */
  reasserts: v.optional(v.array(v.number()), []),
  slowerSince: time,
  /** Absent in a state from before a MASTER that is not heard yielded. */
  rivalSince: v.optional(time, null),
  rivalAt: v.optional(time, null),
  backoff: v.number(),
  announceIn: count,
  paused: v.boolean(),
  blip: v.object({ patientUntil: time, backAt: time }),
  tie,
  watch,
});

const memory = v.object({
  /** Counters heard once, in the order of hearing. */
  once: v.array(number64),
  /** The latest counters of carpets that were heard again, the latest heard last. */
  proven: v.array(number64),
  /** Of other peers, oldest first. */
  numbers: v.array(number64),
  highest: number64,
});
const sender = v.object({
  source: v.string(),
  last: number64,
  distinct: count,
  repeats: count,
  paced: count,
  since: v.number(),
});
const replay = v.object({
  4: v.nullable(memory),
  6: v.nullable(memory),
  newcomers: v.array(sender),
  established: v.array(sender),
  alive: count,
  lastAlive: number64,
});

/** A counter's upper word, its lower one, and what became of it: 1 to 3, as recent.ts has it. */
const RECENT_NUMBERS = 3;

/**
 * The latest counters that claimed to be seals, oldest first, each as three numbers. They are most of a state, since a
 * thousand vhids have 32 each, and while they are written, read and checked nothing is advertised: so they are no objects,
 * and are checked by hand.
 */
function areCounters(given: unknown): boolean {
  if (!Array.isArray(given) || given.length % RECENT_NUMBERS !== 0) return false;
  return given.every((number, i) => (i % RECENT_NUMBERS === 2 ? isFate(number) : isWord(number)));
}

function isFate(given: unknown): boolean {
  return given === 1 || given === 2 || given === 3;
}

function isWord(given: unknown): boolean {
  return typeof given === 'number' && given >>> 0 === given;
}

const recent = v.custom<number[]>(areCounters, 'is no list of counters');
const seal = v.object({
  sequence: v.object({
    highest: v.number(),
    at: v.number(),
    floor: v.number(),
    restored: v.boolean(),
    /** The common time at `startedAt`; null, or behind `highest`, in a state from before it was kept. */
    start: time,
    startedAt: v.number(),
  }),
  recent,
});

/** What a digest is made over besides the password. */
const hashed = v.object({
  addresses: v.array(v.string()),
  /** The one that OpenBSD hashes. */
  lladdr: v.nullable(v.string()),
});

/** By what advertisements are made authentic and judged. */
const credentials = {
  counter: v.object({ first: number64, last: number64 }),
  /** The digest that the peers were last heard to use. */
  digest: v.picklist(['orig', 'nov6ll']),
  /** Null in a state from before what is hashed was handed over. */
  hashed: v.optional(v.nullable(hashed), null),
  /** What was hashed before, and until when that is accepted. */
  formerHashed: v.optional(v.array(v.object({ ...hashed.entries, until: v.number() })), []),
  replay,
  /** Absent in a state from before there were seals. */
  seal: v.optional(v.nullable(seal), null),
};
const credentialsSchema = v.object(credentials);

const output = v.object({
  incomplete: count,
  errors: count,
  successes: count,
  failing: v.array(family),
  fault: faultSchema,
  /** Over IPv4. Absent in a state from before it was repeated, as that over IPv6 is in one from before it was in each family. */
  lastWord: v.optional(lastWordSchema, null),
  lastWord6: v.optional(lastWordSchema, null),
});

const master = v.object({
  source: v.string(),
  time: v.number(),
  advbase: count,
  advskew: count,
  sealed: v.optional(v.boolean(), false),
});

const peer = v.object({
  source: v.string(),
  words: v.object({ advbase: count, advskew: count, demote: count }),
  time: v.number(),
  bowedOut: v.boolean(),
});

const vhid = v.object({
  ifname: v.string(),
  vhid: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)),
  /** The settings in words, to see whether the successor's differ. */
  settings: v.string(),
  ...credentials,
  /** What the vhid itself added to net.inet.carp.demotion. */
  added: v.number(),
  readiness: v.object({ held: v.boolean(), started: v.boolean(), startup: time }),
  machine,
  master: v.nullable(master),
  /** The hosts that were heard. Absent in a state from before they were kept. */
  peers: v.optional(v.array(peer), []),
  output,
  fitness: fitnessSchema,
  service: serviceSchema,
});

/** The state of the module `carp`. */
export const carpStateSchema = v.object({
  format: v.literal(
    CARP_STATE_FORMAT,
    `is of a format other than ${CARP_STATE_FORMAT}, the only one known here`,
  ),
  /** net.inet.carp.*, by the names of the tunables. */
  tunables: v.record(v.string(), v.union([v.number(), v.boolean()])),
  /** Null in a state from before there was a ledger: the sum is in `tunables` then, with what vhids added. */
  ledger: v.optional(v.nullable(ledgerSchema), null),
  /** The module `vip` has handed the ledger over itself: here it is for successors that look for it here. */
  ledgerShared: v.optional(v.boolean(), false),
  /** OpenBSD's counters of interface groups, for states without a ledger. */
  groups: v.record(v.string(), count),
  vhids: v.array(vhid),
  /** What `carpet why` remembers. */
  chronicle: v.optional(chronicleSchema, {}),
});

export type CarpModuleState = v.InferOutput<typeof carpStateSchema>;
export type CarpVhidState = v.InferOutput<typeof vhid>;
export type CarpMachineState = v.InferOutput<typeof machine>;
export type CarpWatchState = v.InferOutput<typeof watch>;
export type CarpTieState = v.InferOutput<typeof tie>;
export type CarpCredentialsState = v.InferOutput<typeof credentialsSchema>;
export type CarpHashedState = v.InferOutput<typeof hashed>;
export type CarpSealState = v.InferOutput<typeof seal>;
export type CarpReplayState = v.InferOutput<typeof replay>;
export type CarpMemoryState = v.InferOutput<typeof memory>;
export type CarpSenderState = v.InferOutput<typeof sender>;
export type CarpOutputState = v.InferOutput<typeof output>;
export type CarpMasterState = v.InferOutput<typeof master>;
export type CarpPeersState = CarpVhidState['peers'];
