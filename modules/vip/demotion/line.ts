import * as v from 'valibot';
import { Scope } from '../../../core/index.js';
import { VipError } from '../errors.js';
import type { Demotable } from './demotable.js';

/** Far beyond what has an effect (240), and far below what would lose precision in sums. */
const MAX_AMOUNT = 1_000_000;
const MAX_TEXT = 500;

/** The owner of the lines of what is drained. */
export const DRAIN = 'drain';

/** Which vhids a line demotes; without a member: all. */
export interface DemotionTarget {
  /** Names of vhids, `1@eth0`, which need not exist yet. */
  readonly vhids?: readonly string[] | undefined;
  /** A failover group, or one of OpenBSD's interface groups. */
  readonly group?: string | undefined;
}

/** One line of the ledger, as its owner keeps it: who demotes what, by how much and why. */
export interface DemotionLine {
  /** Who: `sysctl`, `operator`, `carp`, or the name of a module. */
  readonly by: string;
  /** Why, in words. */
  readonly reason: string;
  /** Added to advskew, in 1/256 s; a negative number promotes. */
  readonly amount: number;
  /** `all`, `1@eth0`, `1@eth0, 2@eth0` or `group web`. */
  readonly on: string;
  /** It concerns every vhid: it is part of net.inet.carp.demotion. */
  readonly global: boolean;
  /** One cause can have several such lines: of those that concern a vhid only the largest counts. */
  readonly shared?: boolean;
  concerns(vhid: Demotable): boolean;
}

/** What `CarpModule.demote` takes. */
export interface DemotionRequest extends DemotionTarget {
  /** Added to advskew, in 1/256 s: 240 yields to every peer, a negative number promotes; at most a million. */
  readonly amount: number;
  /** Why, in words. */
  readonly reason: string;
  /** The scope that owns the line, which has its name and goes with it; or, for a caller without a scope, a name. */
  readonly by: Scope | string;
}

const text = v.pipe(v.string(), v.nonEmpty('is empty'), v.maxLength(MAX_TEXT, `is longer than ${MAX_TEXT}`));

const requestSchema = v.strictObject({
  amount: v.pipe(v.number(), v.integer(), v.minValue(-MAX_AMOUNT), v.maxValue(MAX_AMOUNT)),
  reason: text,
  by: v.union([v.instance(Scope), text], 'is no scope and no name'),
  vhids: v.optional(v.array(text)),
  group: v.optional(text),
});

/** @throws VipError EINVAL, which names what is wrong: a request may come from another address space */
export function checkRequest(request: DemotionRequest): void {
  const result = v.safeParse(requestSchema, request);
  if (result.success) return;
  const [issue] = result.issues;
  throw new VipError('EINVAL', `carp: demote: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
}

/** A line that someone asked for. */
export class DemotionEntry implements DemotionLine {
  readonly by: string;
  readonly reason: string;
  readonly on: string;
  readonly amount: number;
  readonly #target: DemotionTarget;

  constructor(by: string, reason: string, amount: number, target: DemotionTarget = {}) {
    this.by = by;
    this.reason = reason;
    this.amount = amount;
    this.#target = target;
    this.on = targetText(target);
  }

  get target(): DemotionTarget {
    return this.#target;
  }

  get global(): boolean {
    const { vhids, group } = this.#target;
    return vhids === undefined && group === undefined;
  }

  concerns({ name, settings }: Demotable): boolean {
    const { vhids, group } = this.#target;
    if (vhids !== undefined) return vhids.includes(name);
    return group === undefined || settings.failoverGroup === group || settings.groups.includes(group);
  }
}

function targetText({ vhids, group }: DemotionTarget): string {
  if (vhids !== undefined) return vhids.join(', ');
  return group === undefined ? 'all' : `group ${group}`;
}
