import type { Scope } from '../../core/index.js';
import type { Vip, VipModule } from '../vip/index.js';
import type { CheckSettings } from './settings.js';

/** What a vhid that is stopped weighs in the ledger. */
const STOPPED = 240;

type Target = Pick<CheckSettings, 'vhids' | 'group' | 'stop' | 'demote' | 'weight'>;

/** `all`, `1@eth0` or `group web`. */
export function targetText({ vhids, group }: Pick<Target, 'vhids' | 'group'>): string {
  return vhids?.join(', ') ?? (group === undefined ? 'all' : `group ${group}`);
}

/** What its lines in the ledger add while it is not up, and while it is. */
function amountsOf({ stop, demote, weight }: Target): { readonly down: number; readonly up: number } {
  if (weight === undefined) return { down: stop ? STOPPED : demote, up: 0 };
  // As keepalived's track_script: what has succeeded is worth its weight, what has failed costs it.
  return { down: Math.max(0, -weight), up: Math.min(0, -weight) };
}

/** What a check does to vhids: a line in the ledger, and INIT if it stops them. */
export class Effect {
  readonly #vip: VipModule;
  readonly #scope: Scope;
  readonly #target: Target;
  readonly #stops: Stops;
  readonly #name: string;
  #line: Disposable | undefined;
  #begun = false;

  constructor(name: string, target: Target, needs: { vip: VipModule; scope: Scope; stops: Stops }) {
    this.#name = name;
    this.#target = target;
    this.#vip = needs.vip;
    this.#scope = needs.scope;
    this.#stops = needs.stops;
  }

  /** It is not up. @param reason for the ledger */
  begin(reason: string): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#enter(amountsOf(this.#target).down, reason);
    if (this.#target.stop) this.#stops.add(this.#name, this.#target);
  }

  /** It is up. */
  end(): void {
    this.#begun = false;
    this.#enter(amountsOf(this.#target).up, `check ${this.#name}: up`);
    this.#stops.delete(this.#name);
  }

  /** There is no such check any more. */
  [Symbol.dispose](): void {
    this.#enter(0, '');
    this.#stops.delete(this.#name);
  }

  /** The new line before the old one goes: no advertisement says what neither means. */
  #enter(amount: number, reason: string): void {
    const former = this.#line;
    const { vhids, group } = this.#target;
    this.#line =
      amount === 0
        ? undefined
        : this.#vip.demotion.request({ by: this.#scope, amount, reason, vhids, group });
    former?.[Symbol.dispose]();
  }
}

/** The vhids that checks hold in INIT. */
export class Stops {
  readonly #vip: VipModule;
  readonly #targets = new Map<string, Pick<Target, 'vhids' | 'group'>>();

  constructor(vip: VipModule) {
    this.#vip = vip;
  }

  add(check: string, target: Pick<Target, 'vhids' | 'group'>): void {
    this.#targets.set(check, target);
    for (const vhid of this.#vip.list()) this.hold(vhid);
  }

  /** Those that no other check holds may work again. */
  delete(check: string): void {
    const target = this.#targets.get(check);
    if (target === undefined) return;
    this.#targets.delete(check);
    for (const vhid of this.#vip.list())
      if (concerns(target, vhid) && !this.#holds(vhid)) vhid.setState('BACKUP');
  }

  /** A vhid came, or left INIT: it goes back if a check says so. */
  hold(vhid: Vip): void {
    if (vhid.state !== 'INIT' && this.#holds(vhid)) vhid.setState('INIT');
  }

  #holds(vhid: Vip): boolean {
    return [...this.#targets.values()].some((target) => concerns(target, vhid));
  }
}

function concerns({ vhids, group }: Pick<Target, 'vhids' | 'group'>, { name, settings }: Vip): boolean {
  if (vhids !== undefined) return vhids.includes(name);
  return group === undefined || settings.failoverGroup === group || settings.groups.includes(group);
}
