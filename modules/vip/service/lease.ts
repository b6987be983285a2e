import type { Callout } from '../../../core/time/index.js';
import type { AddressRenewal, InetPrefix } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import type { VipServiceState } from '../handover/schema.js';
import { timeFromJson, timeToJson } from '../handover/times.js';
import { GATHERING_MS } from './leases.js';
import { type LeaseSettings, type Lifetime, lifetimeOf } from './lifetime.js';

/** A renewal that comes so late after its time is left out. */
const LATE_MS = 100;
/** The kernel ends a lifetime up to 20 ms early, and its clock is as coarse as 10 ms. */
const EARLY_MS = 100;
/** One renewal per advertisement suffices where the address lives for so much longer than until the next. */
const AMPLE_MS = 2000;
/** As much suffices where many are renewed. */
const ENOUGH_MS = 600;

/** The vhid whose addresses they are. */
export interface LeaseOwner {
  readonly name: string;
  readonly settings: LeaseSettings;
  /** Milliseconds between its advertisements. */
  readonly interval: number;
  /** How long after an advertisement every peer waits for the next one at least, in ms. */
  readonly patience: number;
}

type LeaseNeeds = Pick<VipContext, 'clock' | 'leases' | 'protocol'>;

/** The addresses in their place. */
export interface Leased {
  /** Those that were put there; another array when they change. */
  readonly placed: readonly InetPrefix[];
  /** Prepares the renewal of one of them; undefined while there is no interface. */
  renewal(prefix: InetPrefix): AddressRenewal | undefined;
  /** Their lifetime may have ended unnoticed: adds what is gone. */
  reclaim(): void;
}

/**
 * No address outlives its master: the addresses of a MASTER have a lifetime, which the host's own kernel ends, and which
 * is renewed with each advertisement. So a process that is killed, stopped or hangs keeps no address when a peer takes
 * over, and needs nobody to remove it.
 *
 * A second renewal follows at the last moment that leaves the kernel enough time before a peer takes over: with `advbase`
 * 1 a MASTER may be held up for 1.3 s at any moment without losing an address, with an interval of 1 s.
 */
export class Lease implements Disposable {
  /** See {@link Renewable}. */
  waiting = false;
  readonly #owner: LeaseOwner;
  readonly #leased: Leased;
  readonly #context: LeaseNeeds;
  #again: Callout | undefined;
  #computedFor: LeaseSettings | undefined;
  #computedPatience = 0;
  #computedCrowded = false;
  #computed: Lifetime | undefined;
  #renewals: readonly AddressRenewal[] = [];
  #madeFor: readonly InetPrefix[] = [];
  /** The lifetime that these give, in seconds. */
  #renewing: number | undefined;
  /** When a lifetime last began; of several addresses, that of the oldest. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** The lifetime that the addresses have, in seconds; null: unknown. */
  #given: number | undefined | null;

  constructor(owner: LeaseOwner, leased: Leased, context: LeaseNeeds) {
    this.#owner = owner;
    this.#leased = leased;
    this.#context = context;
    context.leases.enter(this);
  }

  /** The lifetime to add an address with, in seconds; undefined: it stays for ever. */
  get seconds(): number | undefined {
    return this.#lifetime?.seconds;
  }

  /** The first address was put in its place. */
  begin(): void {
    this.#renewedAt = this.#context.clock.now();
    this.#given = this.seconds;
  }

  /** An advertisement has left. */
  sent(): void {
    const lifetime = this.#lifetime;
    if (lifetime === undefined) return this.follow();
    const { clock, leases } = this.#context;
    const now = clock.now();
    this.#sentAt = now;
    const { seconds, spare } = lifetime;
    // What was prepared while there were many gives none.
    if (this.#given !== seconds) this.follow();
    const step = Math.min(spare - LATE_MS, seconds * 500);
    const ms = seconds * 1000;
    const suffices = ms - this.#owner.interval >= (leases.crowded ? ENOUGH_MS : AMPLE_MS);
    const canWait = step >= GATHERING_MS && this.#renewedAt + ms - (now + GATHERING_MS) >= ENOUGH_MS;
    if (leases.crowded && suffices && canWait) return leases.gather(this, now);
    leases.add(this);
    if (step <= 0 || suffices) return;
    this.#again ??= this.#context.clock.callout(
      `${this.#context.protocol} ${this.#owner.name} renew addresses`,
      () => this.#next(),
    );
    this.#again.reset(step);
  }

  /** Gives the addresses another lifetime, if the settings, the number of vhids or the process are others now. */
  follow(): void {
    if (this.#leased.placed.length === 0 || this.#given === this.seconds) return;
    this.#madeFor = [];
    this.#context.leases.add(this);
  }

  /** Renews if that lets no address outlive the patience of the peers. */
  extend(): void {
    const lifetime = this.#lifetime;
    const now = this.#context.clock.now();
    if (lifetime !== undefined && now - this.#sentAt <= lifetime.spare) this.renew(now);
  }

  /**
   * A process that stood still for longer than an interval leaves it to the advertisement that is overdue, before which the
   * vhid may find that it is MASTER no more: an address put back before that would have two holders.
   */
  renewInTime(now: number): void {
    const since = now - this.#sentAt;
    // The interval last: it is computed of the demotion.
    const overdue = since > ENOUGH_MS && since > this.#owner.interval;
    if (!overdue || this.#given !== this.seconds) this.renew(now);
  }

  renew(now: number): void {
    const { placed } = this.#leased;
    if (placed.length === 0) return;
    if (this.#lapsedAt(now)) this.#leased.reclaim();
    if (this.#madeFor !== this.#leased.placed) this.#prepare();
    for (const renewal of this.#renewals) renewal.renew();
    this.#renewedAt = now;
    this.#given = this.#renewing;
  }

  /** Whether the lifetime that was last given is over, or about to be. */
  get lapsed(): boolean {
    return this.#lapsedAt(this.#context.clock.now());
  }

  /** How long the addresses have not been renewed, in ms. */
  get age(): number {
    return this.#context.clock.now() - this.#renewedAt;
  }

  /** When the addresses were renewed, for a successor. */
  capture(): VipServiceState['renewed'] {
    if (this.#given === null) return null;
    return { at: timeToJson(this.#renewedAt), seconds: this.#given ?? null };
  }

  /** A predecessor has renewed the addresses; null: it is not known whether it did. */
  adopt(renewed: VipServiceState['renewed']): void {
    this.#renewedAt = timeFromJson(renewed?.at ?? null);
    this.#given = renewed === null ? null : (renewed.seconds ?? undefined);
  }

  /** No address is to be renewed any more. */
  [Symbol.dispose](): void {
    this.#again?.stop();
    this.#context.leases.leave(this);
  }

  /** Computed when what it depends on is another: each advertisement asks for it. */
  get #lifetime(): Lifetime | undefined {
    const { settings, patience } = this.#owner;
    const { crowded } = this.#context.leases;
    const known = this.#computedFor === settings && this.#computedPatience === patience;
    if (!known || this.#computedCrowded !== crowded) {
      this.#computedFor = settings;
      this.#computedPatience = patience;
      this.#computedCrowded = crowded;
      this.#computed = lifetimeOf(settings, patience, crowded);
    }
    return this.#computed;
  }

  #lapsedAt(now: number): boolean {
    if (this.#given === null) return true;
    return this.#given !== undefined && now - this.#renewedAt > this.#given * 1000 - EARLY_MS;
  }

  #next(): void {
    const lifetime = this.#lifetime;
    if (lifetime === undefined) return;
    const since = this.#context.clock.now() - this.#sentAt;
    if (since > lifetime.spare) return;
    this.#context.leases.add(this);
    const step = lifetime.seconds * 500;
    if (since + step <= lifetime.spare) this.#again?.reset(step);
  }

  #prepare(): void {
    const { placed } = this.#leased;
    this.#madeFor = placed;
    this.#renewing = this.seconds;
    this.#renewals = placed.flatMap((prefix) => this.#leased.renewal(prefix) ?? []);
  }
}
