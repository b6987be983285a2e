import type { Callout } from '../../core/time/index.js';
import type { Ifnet } from '../ifnet/index.js';
import type { VrrpContext } from './context.js';
import type { VrrpRouterState } from './handover/schema.js';
import type { VrrpSettings } from './settings/router.js';
import type { VrrpReason } from './state.js';
import { VRRP_PRIORITY_OWNER } from './wire/header.js';

/** The virtual router in question, and what is called when it may have become ready. */
export interface VrrpReadinessOwner {
  readonly name: string;
  readonly ifp: Ifnet | undefined;
  readonly settings: VrrpSettings;
  readonly source: unknown;
  evaluate(up: VrrpReason): void;
}

/** Whether a virtual router can work: keepalived calls the opposite FAULT. */
export class VrrpReadiness implements Disposable {
  /** Held in INIT by `setState('INIT')`. */
  held = false;
  readonly #owner: VrrpReadinessOwner;
  readonly #tunables: VrrpContext['tunables'];
  readonly #startup: Callout;
  #started = false;

  constructor(owner: VrrpReadinessOwner, { clock, tunables }: Pick<VrrpContext, 'clock' | 'tunables'>) {
    this.#owner = owner;
    this.#tunables = tunables;
    this.#startup = clock.callout(`vrrp ${owner.name} start-up`, () => this.#start());
  }

  /** Why it cannot work; undefined: it can. */
  get obstacle(): VrrpReason | undefined {
    const { ifp, settings, source } = this.#owner;
    if (!this.#started) return 'initialization complete';
    if (this.held) return 'user requested';
    if (!ifp?.attached || !ifp.flags.up || !this.#tunables.allow.value) return 'hardware interface down';
    if (ifp.linkState === 'DOWN' && !settings.ignoreLinkState) return 'hardware interface down';
    return source === undefined ? 'no source address' : undefined;
  }

  /**
   * The interface has arrived; the first time, the start-up delay begins. An owner is MASTER at once, but a turn later: its module
   * may be starting, and has the handlers that put the addresses in place only then.
   */
  arrived(): void {
    const { startupDelay, priority } = this.#owner.settings;
    if (this.#started || this.#startup.pending) this.#owner.evaluate('hardware interface up');
    else if (startupDelay > 0 || priority === VRRP_PRIORITY_OWNER) this.#startup.reset(startupDelay);
    else this.#start();
  }

  capture(): VrrpRouterState['readiness'] {
    const startup = this.#startup.pending ? this.#startup.deadline : null;
    return { held: this.held, started: this.#started, startup };
  }

  adopt({ held, started, startup }: VrrpRouterState['readiness']): void {
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
