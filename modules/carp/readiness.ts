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
  readonly #startup: Callout;
  #started = false;

  constructor(owner: CarpReadinessOwner, context: Pick<CarpContext, 'clock' | 'tunables'>) {
    this.#owner = owner;
    this.#context = context;
    this.#startup = context.clock.callout(`carp ${owner.name} start-up`, () => this.#start());
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
    if (this.#started || this.#startup.pending) this.#owner.evaluate('hardware interface up');
    else if (startupDelay > 0) this.#startup.reset(startupDelay);
    else this.#start();
  }

  capture(): CarpVhidState['readiness'] {
    const startup = this.#startup.pending ? this.#startup.deadline : null;
    return { held: this.held, started: this.#started, startup };
  }

  adopt({ held, started, startup }: CarpVhidState['readiness']): void {
    this.held = held;
    this.#started = started;
    if (startup !== null) this.#startup.resetAt(startup);
  }

  [Symbol.dispose](): void {
    this.#startup[Symbol.dispose]();
  }

  #start(): void {
    this.#started = true;
    this.#owner.evaluate('initialization complete');
  }
}
