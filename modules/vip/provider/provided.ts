import type { Callout } from '../../../core/time/index.js';
import type { InetPrefix } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import type { VipServiceState } from '../handover/schema.js';
import type { Trouble } from '../service/trouble.js';
import type { Vip } from '../vip.js';
import type { AddressProvider, ProvidedRequest } from './provider.js';
import type { ProviderClient } from './registry.js';

/** A call that has failed is made again after this time. */
const RETRY_MS = 5000;
/** The last calls, for whose end the end of a module waits: how often one is made that fails, and how soon again. */
const LAST_TRIES = 3;
const LAST_RETRY_MS = 1000;
const DEFAULT_CHECK_MS = 10_000;

/** The virtual host whose addresses they are. */
export type ProvidedOwner = Pick<Vip, 'name' | 'protocol' | 'vhid' | 'ifname'>;

/** What is called when something has become of the addresses. */
export interface ProvidedReports {
  /** What keeps them from serving, after each attempt; undefined: nothing does. */
  report(trouble: Trouble | undefined): void;
  /** Some are here that were not. */
  placed(): void;
}

/** Of a {@link ProvidedAddresses}, for a successor. */
type Unsettled = VipServiceState['unsettled'];

type ProvidedNeeds = Pick<VipContext, 'clock' | 'log' | 'protocol' | 'providers'>;

/**
 * The addresses of one virtual host, where a provider puts them. What is wanted changes within a turn; the provider's calls
 * take their time, one after another, and the last wish counts: of a MASTER that steps down and takes over again while one
 * call runs, the provider learns nothing.
 */
export class ProvidedAddresses implements ProviderClient, Disposable {
  readonly #owner: ProvidedOwner;
  readonly #context: ProvidedNeeds;
  readonly #provider: string;
  readonly #events: ProvidedReports;
  readonly #entered: Disposable;
  /** What is to be here; undefined: nothing is known yet, so nothing is done. */
  #wanted: readonly string[] | undefined;
  /** What is here for certain; undefined: nothing is known yet. */
  #here: readonly string[] | undefined;
  /** What may be here besides: a former run may have left it, or a call that has failed. */
  #possible: readonly string[] = [];
  #working: Promise<void> | undefined;
  /** The latest call, whatever comes of it. */
  #calling: Promise<void> | undefined;
  /** A check is due, until one has been answered. */
  #checking = false;
  #given = false;
  /** The virtual host has gone: what is here is removed, and nothing is reported. */
  #ended = false;
  /** The provider is going: nothing is added any more. */
  #leaving = false;
  /** Something changed while a call was running. */
  #stale = false;
  /** The next repetition, or the next check. */
  #again: Callout | undefined;

  /** @param provider the provider's name */
  constructor(owner: ProvidedOwner, provider: string, context: ProvidedNeeds, events: ProvidedReports) {
    this.#owner = owner;
    this.#provider = provider;
    this.#context = context;
    this.#events = events;
    this.#entered = context.providers.enter(this);
  }

  get key(): string {
    const { protocol, name } = this.#owner;
    return `${protocol} ${name} ${this.#provider}`;
  }

  /** Whether the address is here and can be announced on the interface. */
  announces(prefix: InetPrefix): boolean {
    return this.#found?.announces === true && this.#isHere(prefix.toString());
  }

  /** @param serving as MASTER: all the addresses are to be here; else none of them */
  set(serving: boolean, addresses: readonly InetPrefix[]): void {
    const all = addresses.map(String);
    this.#wanted = serving ? all : [];
    if (this.#here === undefined) this.#suspect(all);
    this.#work();
  }

  /** What is here; null while that is not settled. */
  capture(): string[] | null {
    return this.#here === undefined || this.#possible.length > 0 ? null : [...this.#here];
  }

  /** What is not settled, an address that has left the settings too; null if all is. */
  captureUnsettled(): Unsettled {
    if (this.#possible.length === 0) return null;
    return { here: this.#here === undefined ? null : [...this.#here], possible: [...this.#possible] };
  }

  /** As a predecessor has left it. */
  adopt(here: readonly string[] | null, unsettled: Unsettled = null): void {
    this.#here = unsettled?.here ?? here ?? undefined;
    this.#possible = unsettled?.possible ?? [];
    // The predecessor's may have failed.
    this.#checking = true;
  }

  /** A successor goes on: no call is made any more. It waits for the end of one that is under way. */
  give(): void {
    this.#given = true;
    this.#again?.stop();
    if (this.#working === undefined) this.#entered[Symbol.dispose]();
  }

  arrived(name: string): void {
    if (name !== this.#provider) return;
    this.#leaving = false;
    this.#work();
  }

  async release(name: string): Promise<void> {
    if (name !== this.#provider) return;
    this.#leaving = true;
    if (!this.#ended) this.#work();
    while (this.#working !== undefined) await this.#working;
  }

  async callEnded(): Promise<void> {
    await this.#calling;
  }

  inherit(addresses: readonly string[]): void {
    this.#suspect(addresses.filter((address) => !this.#isHere(address)));
    this.#work();
  }

  /** Removes what is here, or may be: its calls outlive its virtual host, and the provider's end waits for them. */
  [Symbol.dispose](): void {
    if (this.#given || this.#ended) return;
    if (this.#wanted === undefined) return this.give();
    this.#ended = true;
    this.#wanted = [];
    this.#work();
  }

  #work(): void {
    this.#again?.stop();
    this.#stale = this.#working !== undefined;
    if (this.#given || this.#stale) return;
    const working = this.#settle()
      .catch((error: unknown) => this.#context.log.error(`${this.#owner.name}: provider: ${String(error)}`))
      .finally(() => {
        this.#working = undefined;
        if (this.#stale && !this.#given) this.#work();
        else if (this.#ended || this.#given) this.#bequeath();
      });
    this.#working = working;
    this.#context.providers.track(working);
  }

  /** The last call has ended: what its heir may not know of is the heir's concern. */
  #bequeath(): void {
    this.#heir?.inherit(this.#present);
    this.give();
  }

  async #settle(): Promise<void> {
    for (const former of this.#context.providers.before(this)) await former.callEnded();
    let tries = LAST_TRIES;
    for (let step = this.#next(); step !== undefined; step = this.#next()) {
      const failure = await step().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (failure === undefined) continue;
      this.#failed(failure);
      if (!(this.#ended || this.#leaving) || --tries === 0) return this.#later(RETRY_MS);
      await this.#context.providers.pause(LAST_RETRY_MS);
    }
    const { check, checkMs = DEFAULT_CHECK_MS } = this.#found ?? {};
    if (this.#wanted === undefined || this.#wanted.length === 0 || this.#given) return;
    if (this.#found === undefined || this.#leaving) return this.#failed(this.#missing);
    this.#events.report(undefined);
    if (check === undefined) return;
    this.#checking = true;
    this.#later(checkMs);
  }

  /** What is to be done next; undefined: all is as wanted, or there is no provider. */
  #next(): (() => Promise<void>) | undefined {
    const provider = this.#found;
    const wanted = this.#leaving ? [] : this.#wanted;
    if (provider === undefined || wanted === undefined || this.#given) return undefined;
    if (this.#ended && this.#heir !== undefined) return undefined;
    const leaving = this.#present.filter((address) => !wanted.includes(address));
    if (leaving.length > 0) return () => this.#remove(provider, leaving);
    const missing = wanted.filter((address) => !this.#isHere(address));
    if (missing.length > 0) return () => this.#add(provider, missing);
    const due = this.#checking && wanted.length > 0 && provider.check !== undefined;
    return due ? () => this.#check(provider) : undefined;
  }

  async #add(provider: AddressProvider, addresses: readonly string[]): Promise<void> {
    // What becomes of them is not known until the call has ended well.
    this.#suspect(addresses);
    this.#checking = false;
    await this.#call(provider, 'add', addresses);
    this.#here = [...(this.#here ?? []), ...addresses];
    this.#clear(addresses);
    if (!this.#given && !this.#ended) this.#events.placed();
  }

  async #remove(provider: AddressProvider, addresses: readonly string[]): Promise<void> {
    // As with an add: a call that fails may have removed them all the same.
    this.#suspect(addresses);
    this.#here = this.#here?.filter((address) => !addresses.includes(address));
    await this.#call(provider, 'remove', addresses);
    this.#here ??= [];
    this.#clear(addresses);
  }

  #suspect(addresses: readonly string[]): void {
    this.#possible = [...new Set([...this.#possible, ...addresses])];
  }

  /** It is known what has become of them. */
  #clear(addresses: readonly string[]): void {
    this.#possible = this.#possible.filter((address) => !addresses.includes(address));
  }

  async #check(provider: AddressProvider): Promise<void> {
    const found = await this.#call(provider, 'check', this.#here ?? []);
    this.#checking = false;
    if (found) return;
    this.#context.log.warning(
      `${this.#owner.name}: provider ${this.#provider}: its addresses are gone; adding them again`,
    );
    this.#here = [];
  }

  async #call(
    provider: AddressProvider,
    what: 'add' | 'remove' | 'check',
    addresses: readonly string[],
  ): Promise<unknown> {
    const { name, protocol, vhid, ifname } = this.#owner;
    const request: ProvidedRequest = { name, protocol, vhid, ifname, addresses };
    const call = this.#context.providers.call<unknown>(provider, (signal) =>
      provider[what]?.(request, signal),
    );
    this.#calling = call.then(nothing, nothing);
    return await call;
  }

  #failed(failure: string): void {
    const { name } = this.#owner;
    const reason = `provider ${this.#provider}: ${failure}`;
    this.#context.log.limited(`${name} ${reason}`).error(() => `${name}: ${reason}`);
    if ((this.#wanted ?? []).length > 0 && !this.#given)
      this.#events.report({ reason, total: (this.#here ?? []).length === 0 });
  }

  #later(ms: number): void {
    const { clock, protocol } = this.#context;
    this.#again ??= clock.callout(`${protocol} ${this.#owner.name} provider`, () => this.#work());
    this.#again.reset(ms);
  }

  #isHere(address: string): boolean {
    return this.#here?.includes(address) ?? false;
  }

  /** What is here, or may be. */
  get #present(): readonly string[] {
    return [...(this.#here ?? []), ...this.#possible];
  }

  get #heir(): ProviderClient | undefined {
    return this.#context.providers.heirOf(this);
  }

  get #found(): AddressProvider | undefined {
    return this.#context.providers.find(this.#provider);
  }

  get #missing(): string {
    return `no module has registered it; there are: ${this.#context.providers.names.join(', ')}`;
  }
}

function nothing(): void {}
