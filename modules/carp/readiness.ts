import type { Callout } from '../../core/time/index.js';
import type { CarpContext } from './context.js';
import type { CarpVhidState } from './handover/schema.js';
import type { CarpReason } from './state.js';
import type { CarpVhid } from './vhid.js';

/** The vhid in question, and what is called when it may have become ready. */
export interface CarpReadinessOwner extends Pick<CarpVhid, 'name' | 'ifp' | 'settings'> {
  evaluate(up: CarpReason): void;
}

/** Whether a vhid can work: its interface is usable, its start-up delay is over, and it is not held in INIT. */
export class CarpReadiness implements Disposable {
  /** Held in INIT by `setState('INIT')`. */
  held = false;
  readonly #owner: CarpReadinessOwner;
  readonly #context: Pick<CarpContext, 'clock' | 'tunables'>;
  /** Made when it is needed: most vhids have no start-up delay. */
  #startup: Callout | undefined;
  #started = false;

  constructor(owner: CarpReadinessOwner, context: Pick<CarpContext, 'clock' | 'tunables'>) {
    this.#owner = owner;
    this.#context = context;
  }

  /** The interface exists, is up and has a link, and net.inet.carp.allow is set. */
  get usable(): boolean {
    const { ifp, settings } = this.#owner;
    if (!ifp?.attached || !ifp.flags.up || !this.#context.tunables.allow.value) return false;
    return settings.ignoreLinkState || ifp.linkState !== 'DOWN';
  }

  /** Usable, started and not held. */
  get ready(): boolean {
    return this.#started && !this.held && this.usable;
  }

  /** The interface has arrived; the first time, the start-up delay begins. */
  arrived(): void {
    const { startupDelay } = this.#owner.settings;
    if (this.#started || this.#startup?.pending === true) this.#owner.evaluate('hardware interface up');
    else if (startupDelay > 0) this.#startsAt(this.#context.clock.now() + startupDelay);
    else this.#start();
  }

  capture(): CarpVhidState['readiness'] {
    const startup = this.#startup?.pending === true ? this.#startup.deadline : null;
    return { held: this.held, started: this.#started, startup };
  }

  adopt({ held, started, startup }: CarpVhidState['readiness']): void {
    this.held = held;
    this.#started = started;
    if (startup !== null) this.#startsAt(startup);
  }

  [Symbol.dispose](): void {
    this.#startup?.[Symbol.dispose]();
  }

  #startsAt(deadline: number): void {
    const { clock } = this.#context;
    this.#startup ??= clock.callout(`carp ${this.#owner.name} start-up`, () => this.#start());
    this.#startup.resetAt(deadline);
  }

  #start(): void {
    this.#started = true;
    this.#owner.evaluate('initialization complete');
  }
}
