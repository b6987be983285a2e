import type { Scope } from '../../core/index.js';
import type { CarpModule, CarpVhid } from '../carp/index.js';
import type { CheckSettings } from './settings.js';

/** What a vhid that is stopped weighs in the ledger. */
const STOPPED = 240;

type Target = Pick<CheckSettings, 'vhids' | 'group' | 'stop' | 'demote'>;

/** `all`, `1@eth0` or `group web`. */
export function targetText({ vhids, group }: Pick<Target, 'vhids' | 'group'>): string {
  return vhids?.join(', ') ?? (group === undefined ? 'all' : `group ${group}`);
}

/** What a failing check does to vhids: a line in the ledger, and INIT if it stops them. */
export class Effect {
  readonly #carp: CarpModule;
  readonly #scope: Scope;
  readonly #target: Target;
  readonly #stops: Stops;
  readonly #name: string;
  #line: Disposable | undefined;

  constructor(name: string, target: Target, needs: { carp: CarpModule; scope: Scope; stops: Stops }) {
    this.#name = name;
    this.#target = target;
    this.#carp = needs.carp;
    this.#scope = needs.scope;
    this.#stops = needs.stops;
  }

  /** @param reason for the ledger */
  begin(reason: string): void {
    if (this.#line !== undefined) return;
    const { vhids, group, stop, demote } = this.#target;
    const amount = stop ? STOPPED : demote;
    this.#line = this.#carp.demote({ by: this.#scope, amount, reason, vhids, group });
    if (stop) this.#stops.add(this.#name, this.#target);
  }

  end(): void {
    this.#line?.[Symbol.dispose]();
    this.#line = undefined;
    this.#stops.delete(this.#name);
  }
}

/** The vhids that checks hold in INIT. */
export class Stops {
  readonly #carp: CarpModule;
  readonly #targets = new Map<string, Pick<Target, 'vhids' | 'group'>>();

  constructor(carp: CarpModule) {
    this.#carp = carp;
  }

  add(check: string, target: Pick<Target, 'vhids' | 'group'>): void {
    this.#targets.set(check, target);
    for (const vhid of this.#carp.list()) this.hold(vhid);
  }

  /** Those that no other check holds may work again. */
  delete(check: string): void {
    const target = this.#targets.get(check);
    if (target === undefined) return;
    this.#targets.delete(check);
    for (const vhid of this.#carp.list())
      if (concerns(target, vhid) && !this.#holds(vhid)) vhid.setState('BACKUP');
  }

  /** A vhid came, or left INIT: it goes back if a check says so. */
  hold(vhid: CarpVhid): void {
    if (vhid.state !== 'INIT' && this.#holds(vhid)) vhid.setState('INIT');
  }

  #holds(vhid: CarpVhid): boolean {
    return [...this.#targets.values()].some((target) => concerns(target, vhid));
  }
}

function concerns({ vhids, group }: Pick<Target, 'vhids' | 'group'>, { name, settings }: CarpVhid): boolean {
  if (vhids !== undefined) return vhids.includes(name);
  return group === undefined || settings.failoverGroup === group || settings.groups.includes(group);
}
