import type { Scope } from '../../core/index.js';
import type { VipModule } from '../vip/index.js';
import type { CheckSettings } from './settings.js';
import type { Stops } from './stops.js';
import { concerns } from './target.js';

/** What a vhid that is stopped weighs in the ledger. */
const STOPPED = 240;

type Target = Pick<CheckSettings, 'vhids' | 'group' | 'stop' | 'demote' | 'weight'>;

/** What an effect acts on. */
export interface EffectNeeds {
  readonly vip: Pick<VipModule, 'demotion' | 'list'>;
  /** Owns the lines in the ledger, which bear its name. */
  readonly scope: Scope;
  readonly stops: Stops;
}

/** What its lines in the ledger add while it is not up, and while it is. */
function amountsOf({ stop, demote, weight }: Target): { readonly down: number; readonly up: number } {
  if (weight === undefined) return { down: stop ? STOPPED : demote, up: 0 };
  // As keepalived's track_script: what has succeeded is worth its weight, what has failed costs it.
  return { down: Math.max(0, -weight), up: Math.min(0, -weight) };
}

/** What a check does to vhids: a line in the ledger, and INIT if it stops them. */
export class Effect {
  readonly #needs: EffectNeeds;
  readonly #target: Target;
  readonly #name: string;
  #line: Disposable | undefined;
  #begun = false;

  /** @param former of the same check with other settings, which lasts until this one has begun or ended */
  constructor(name: string, target: Target, needs: EffectNeeds, former?: Effect) {
    this.#name = name;
    this.#target = target;
    this.#needs = needs;
    this.#line = former && former.#line;
  }

  /** Whether it demotes, or stops. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether something that it concerns is MASTER. */
  get touchesMaster(): boolean {
    return this.#needs.vip.list().some((vhid) => vhid.state === 'MASTER' && concerns(this.#target, vhid));
  }

  /** It is not up. @param reason for the ledger */
  begin(reason: string): void {
    if (this.#begun) return;
    this.#begun = true;
    const { stops } = this.#needs;
    this.#enter(amountsOf(this.#target).down, reason);
    if (this.#target.stop) stops.add(this.#name, this.#target);
    else stops.delete(this.#name);
  }

  /** It is up. */
  end(): void {
    this.#begun = false;
    this.#enter(amountsOf(this.#target).up, `check ${this.#name}: up`);
    this.#needs.stops.delete(this.#name);
  }

  /** A successor of the module goes on with what it does. */
  give(): void {
    if (this.#line !== undefined) this.#needs.vip.demotion.leave(this.#line);
    this.#line = undefined;
  }

  /** There is no such check any more. */
  [Symbol.dispose](): void {
    this.#enter(0, '');
    this.#needs.stops.delete(this.#name);
  }

  /** Never without a line in between: no advertisement says what neither means. */
  #enter(amount: number, reason: string): void {
    const former = this.#line;
    const { vhids, group } = this.#target;
    const { vip, scope: by } = this.#needs;
    this.#line =
      amount === 0 ? undefined : vip.demotion.request({ by, amount, reason, vhids, group }, former);
    former?.[Symbol.dispose]();
  }
}
