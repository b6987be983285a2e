import type { Vip, VipModule, VipState } from '../vip/index.js';
import { concerns, type EffectTarget } from './target.js';

/**
 * The vhids that checks hold in INIT. Which they are can change with the settings of the vhids, of which nothing is said:
 * so it is looked at again after each run of a check.
 */
export class Stops {
  readonly #vip: Pick<VipModule, 'list'>;
  readonly #targets = new Map<string, EffectTarget>();
  /**
   * The names of those that were put into INIT here: a reload of their protocol makes them anew, still in INIT. One that an
   * operator has put there is not brought back.
   */
  #held = new Set<string>();

  constructor(vip: Pick<VipModule, 'list'>) {
    this.#vip = vip;
  }

  /** A check stops these, instead of what it stopped before. */
  add(check: string, target: EffectTarget): void {
    this.#targets.set(check, target);
    this.review();
  }

  /** A check stops nothing. */
  delete(check: string): void {
    if (this.#targets.delete(check)) this.review();
  }

  /** Those that no check holds any more may work again. */
  review(): void {
    if (this.#targets.size + this.#held.size === 0) return;
    for (const vhid of this.#vip.list()) this.follow(vhid);
  }

  /** A vhid came, left INIT, or is concerned by other checks: it goes to INIT, or back. */
  follow(vhid: Vip): void {
    if (!this.#holds(vhid)) return this.#release(vhid);
    if (vhid.state === 'INIT') return;
    vhid.setState('INIT');
    this.#held.add(nameOf(vhid));
  }

  /** It is told its state. INIT, while it is held: it is to stay there when no check holds it any more. */
  commanded(vhid: Vip, state: VipState): void {
    if (state === 'INIT') this.#held.delete(nameOf(vhid));
  }

  /** The names of those that are held, for a successor. */
  capture(): string[] {
    return [...this.#held];
  }

  /** A predecessor held these. */
  adopt(names: readonly string[]): void {
    this.#held = new Set(names);
  }

  /** A predecessor has not said which it held: all that are in INIT, and are to be. */
  assume(): void {
    for (const vhid of this.#vip.list())
      if (vhid.state === 'INIT' && this.#holds(vhid)) this.#held.add(nameOf(vhid));
  }

  /** Leaves them in INIT, to a successor. */
  give(): void {
    this.#targets.clear();
    this.#held.clear();
  }

  #release(vhid: Vip): void {
    if (this.#held.delete(nameOf(vhid)) && vhid.state === 'INIT') vhid.setState('BACKUP');
  }

  #holds(vhid: Vip): boolean {
    return [...this.#targets.values()].some((target) => concerns(target, vhid));
  }
}

/** A vhid and a virtual router can have the same name. */
function nameOf({ protocol, name }: Vip): string {
  return `${protocol} ${name}`;
}
