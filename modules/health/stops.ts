import type { Vip, VipModule } from '../vip/index.js';
import { concerns, type EffectTarget } from './target.js';

/**
 * The vhids that checks hold in INIT. Which they are can change with the settings of the vhids, of which nothing is said:
 * so it is looked at again after each run of a check.
 */
export class Stops {
  readonly #vip: VipModule;
  readonly #targets = new Map<string, EffectTarget>();
  /** Those that were put into INIT here. One that an operator has put there is not brought back. */
  readonly #held = new WeakSet<Vip>();
  /** The same by their names: a reload of their protocol makes them anew, still in INIT. */
  #names = new Set<string>();

  constructor(vip: VipModule) {
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
    if (this.#targets.size + this.#names.size === 0) return;
    for (const vhid of this.#vip.list()) this.follow(vhid);
  }

  /** A vhid came, left INIT, or is concerned by other checks: it goes to INIT, or back. */
  follow(vhid: Vip): void {
    if (!this.#holds(vhid)) return this.#release(vhid);
    if (vhid.state === 'INIT') return;
    this.#held.add(vhid);
    this.#names.add(nameOf(vhid));
    vhid.setState('INIT');
  }

  /** The names of those that are held, for a successor. */
  capture(): string[] {
    return [...this.#names];
  }

  /** A predecessor held these. */
  adopt(names: readonly string[]): void {
    this.#names = new Set(names);
  }

  /** A predecessor has not said which it held: all that are in INIT, and are to be. */
  assume(): void {
    for (const vhid of this.#vip.list())
      if (vhid.state === 'INIT' && this.#holds(vhid)) this.#names.add(nameOf(vhid));
  }

  /** Leaves them in INIT, to a successor. */
  give(): void {
    this.#targets.clear();
    for (const vhid of this.#vip.list()) this.#held.delete(vhid);
    this.#names.clear();
  }

  #release(vhid: Vip): void {
    const isHeld = [this.#held.delete(vhid), this.#names.delete(nameOf(vhid))].includes(true);
    if (isHeld && vhid.state === 'INIT') vhid.setState('BACKUP');
  }

  #holds(vhid: Vip): boolean {
    return [...this.#targets.values()].some((target) => concerns(target, vhid));
  }
}

/** A vhid and a virtual router can have the same name. */
function nameOf({ protocol, name }: Vip): string {
  return `${protocol} ${name}`;
}
