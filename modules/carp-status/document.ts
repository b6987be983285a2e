/**
 * @module
 * The state of CARP in one process as a JSON document. Its reader trusts nothing: the schema limits names and addresses to
 * harmless characters, since they end up on a terminal.
 */
import { statSync } from 'node:fs';
import * as v from 'valibot';
import type { Clock } from '../../core/index.js';
import { CARP_DIALECTS, CARP_SEAL_MODES, type CarpModule, type CarpVhidStatus } from '../carp/index.js';

const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const text = (pattern: RegExp) => v.pipe(v.string(), v.regex(pattern));
const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.readonly());
const byte = integer(0, 255);
const address = text(/^[\da-f.:]{2,45}$/i);
const MAX = Number.MAX_SAFE_INTEGER;

const ifname = text(/^[^\s/\p{C}]{1,15}$/u);

const words = text(/^[^\p{C}]{1,500}$/u);
const demotion = v.object({
  by: words,
  on: words,
  amount: integer(-MAX, MAX),
  reason: words,
  /** Milliseconds since it began. */
  age: v.optional(integer(0, MAX)),
});

const vhid = v.object({
  name: text(/^\d{1,3}@[^\s/\p{C}]{1,15}$/u),
  vhid: integer(1, 255),
  ifname,
  state: v.picklist(['INIT', 'BACKUP', 'MASTER']),
  /** When the state was entered, in ms since the epoch. */
  since: integer(0, 8.64e15),
  /** Of a BACKUP. */
  master: v.optional(
    v.object({
      address,
      advbase: byte,
      advskew: byte,
      sealed: v.optional(v.boolean(), false),
      /** Milliseconds since its last advertisement. */
      heardAgo: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX)),
    }),
  ),
  advbase: byte,
  advskew: byte,
  advskewSent: byte,
  demote: byte,
  /** Milliseconds; of a former version undefined. */
  deadTime: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(MAX))),
  preempt: v.boolean(),
  election: v.picklist(CARP_DIALECTS),
  seal: v.optional(v.picklist(CARP_SEAL_MODES), 'off'),
  muteFamilies: v.optional(list(v.picklist([4, 6]))),
  unheardFamilies: v.optional(list(v.picklist([4, 6]))),
  demotedBy: v.optional(list(words)),
  demotions: v.optional(list(demotion)),
  addresses: list(text(/^[\da-f.:]{2,45}\/\d{1,3}$/i)),
  virtualMac: v.optional(text(/^[\da-f]{2}(:[\da-f]{2}){5}$/)),
  virtualIfname: v.optional(ifname),
  peers: list(address),
  group: address,
  group6: address,
});

const schema = v.object({
  pid: integer(1, MAX),
  /** Inode of the network namespace: two processes with the same number see the same network. */
  netns: integer(1, MAX),
  demotion: integer(-MAX, MAX),
  /** Counters above zero. */
  statistics: v.record(text(/^\w{1,32}$/), integer(0, MAX)),
  vhids: list(vhid),
});

/** The state of CARP in one process. */
export type StatusDocument = Readonly<v.InferOutput<typeof schema>>;
/** The state of one vhid. */
export type VhidStatus = Readonly<v.InferOutput<typeof vhid>>;

/** Parses and checks a document. @throws Error in one line that names the fault */
export function parseDocument(json: string): StatusDocument {
  const result = v.safeParse(schema, parseJson(json));
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]) ?? '';
  // The path may contain names chosen by the other process.
  throw new Error(`${/^[\w.]+$/.test(path) ? path : 'something in it'} is not what it should be`);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('it is not JSON'); // the parser's message quotes it
  }
}

/** The document of this process. */
export function makeDocument(carp: CarpModule, clock: Clock, netns: number): StatusDocument {
  const epoch = clock.wallTime() - clock.now();
  const counters = Object.entries(carp.statistics).map(([name, { value }]) => [name, value] as const);
  return {
    pid: process.pid,
    netns,
    demotion: carp.tunables.demotion.value,
    statistics: Object.fromEntries(counters.filter(([, value]) => value > 0)),
    vhids: carp.list().map((each) => printable(each.toJSON(), epoch + each.since)),
  };
}

/** Error messages contain what the kernel and users named: only what the schema lets through. */
function printable({ demotedBy, demotions, ...status }: CarpVhidStatus, since: number): VhidStatus {
  const causes = demotions?.map((cause) => ({
    ...cause,
    by: harmless(cause.by),
    on: harmless(cause.on),
    reason: harmless(cause.reason),
  }));
  return {
    ...status,
    since: Math.round(since),
    ...(demotedBy && { demotedBy: demotedBy.map(harmless) }),
    ...(causes && { demotions: causes }),
  };
}

function harmless(words: string): string {
  return words.replace(/\p{C}/gu, '?').slice(0, 500);
}

/** This process's network namespace. */
export function networkNamespace(): number {
  return Number(statSync('/proc/self/ns/net', { bigint: true }).ino);
}
