import * as v from 'valibot';
import { type Scope, table } from '../../core/index.js';
import type { DemotionStatus, DemotionTarget } from '../vip/index.js';
import { CarpError } from './errors.js';

const OPERATOR = 'operator';
const DEFAULT_REASON = 'by the operator';

/** What the verbs act on. */
export interface DemotionVerbsOwner {
  readonly demotion: {
    status(): DemotionStatus[];
    adjust(by: string, delta: number, reason: string, target?: DemotionTarget): void;
    takeBack(by: string, amount: number): number;
  };
  readonly tunables: {
    /** net.inet.carp.demotion. */
    readonly demotion: { readonly value: number };
  };
  list(): readonly {
    readonly name: string;
    readonly settings: { readonly failoverGroup?: string | undefined; readonly groups: readonly string[] };
  }[];
}

/** What `carp.demote` answers. */
interface Demoted {
  /** net.inet.carp.demotion. */
  readonly demotion: number;
  /** Of one vhid or a group: which, and the sum of its own lines. */
  readonly on?: string;
  readonly amount?: number;
}

const named = (what: string) => v.optional(v.pipe(v.string(), v.nonEmpty(), v.description(what)));

const demoteInput = v.pipe(
  v.strictObject({
    delta: v.pipe(
      v.number(),
      v.integer(),
      v.minValue(-255),
      v.maxValue(255),
      v.description('added to every advskew; a positive number makes peers preferred'),
    ),
    reason: v.optional(
      v.pipe(
        v.string(),
        v.nonEmpty(),
        v.maxLength(200),
        v.description('why; the same reason with a negative number takes it back'),
      ),
    ),
    vhid: named('demotes this vhid only: 1@eth0'),
    group: named('demotes the vhids of this failover group or interface group only'),
  }),
  v.check(({ vhid, group }) => vhid === undefined || group === undefined, 'give a vhid or a group, not both'),
);

/** Offers `carp.demote` and `carp.demotions` for as long as the scope is open. */
export function registerDemotionVerbs(scope: Scope, carp: DemotionVerbsOwner): void {
  const { demotion, tunables } = carp;
  scope.verb({
    name: 'carp.demote',
    summary: 'demote this host, or with a negative number promote it',
    access: 'write',
    input: demoteInput,
    positional: ['delta'],
    run({ delta, reason, vhid, group }): Demoted {
      const on = vhid ?? (group === undefined ? undefined : `group ${group}`);
      if (on !== undefined) assertThere(carp, { vhid, group, on });
      const target = { vhids: vhid === undefined ? undefined : [vhid], group };
      const plain = reason === undefined && vhid === undefined && group === undefined;
      const rest = plain && delta < 0 ? -demotion.takeBack(OPERATOR, -delta) : delta;
      demotion.adjust(OPERATOR, rest, reason ?? DEFAULT_REASON, target);
      const sum = { demotion: tunables.demotion.value };
      return on === undefined ? sum : { ...sum, on, amount: amountOn(demotion.status(), on) };
    },
    text: ({ demotion: sum, on, amount }: Demoted) =>
      on === undefined ? `net.inet.carp.demotion is ${sum}` : `${on} is demoted by ${amount}`,
  });
  scope.verb({
    name: 'carp.demotions',
    summary: 'show what demotes this host: by whom, by how much, since when and why',
    access: 'read',
    run: () => demotion.status(),
    text: demotionsText,
  });
}

/**
 * A name that is misspelt would demote nothing, unnoticed. Lines of a vhid that is gone can still be taken back.
 * @throws CarpError ENOENT
 */
function assertThere(
  carp: DemotionVerbsOwner,
  { vhid, group, on }: { vhid: string | undefined; group: string | undefined; on: string },
): void {
  if (carp.demotion.status().some((line) => line.on === on)) return;
  const names = carp
    .list()
    .flatMap(({ name, settings: { failoverGroup, groups } }) =>
      vhid === undefined ? [...(failoverGroup === undefined ? [] : [failoverGroup]), ...groups] : [name],
    );
  if (names.includes(vhid ?? group!)) return;
  const known = [...new Set(names)].join(', ');
  const what = vhid === undefined ? on : `vhid ${vhid}`;
  throw new CarpError(
    'ENOENT',
    `there is no ${what}; ${known === '' ? 'there are none' : `there are: ${known}`}`,
  );
}

function amountOn(lines: readonly DemotionStatus[], on: string): number {
  return lines.reduce((sum, line) => (line.on === on ? sum + line.amount : sum), 0);
}

/** A table of causes. */
export function demotionsText(causes: readonly DemotionStatus[]): string {
  if (causes.length === 0) return 'nothing is demoted';
  const rows = causes.map(({ on, amount, by, age, reason }) => [
    on,
    String(amount),
    by,
    ageText(age),
    reason,
  ]);
  return table(['DEMOTED', 'AMOUNT', 'BY', 'SINCE', 'REASON'], rows);
}

/** `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`. */
function ageText(ms: number | undefined): string {
  if (ms === undefined) return '-';
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const;
  const [length, unit] = units.find(([each]) => ms >= 2 * each) ?? ([1000, 's'] as const);
  return `${Math.floor(ms / length)} ${unit} ago`;
}
