import type { ModuleEnd } from '../../../core/index.js';
import type { Clock } from '../../../core/time/index.js';
import { VipError } from '../errors.js';
import { type AddressProvider, BUILTIN_PROVIDERS } from './provider.js';

const DEFAULT_LIMIT_MS = 30_000;

/** A virtual host that depends on a provider. */
export interface ProviderClient {
  /** The same for the same virtual host with the same provider. */
  readonly key: string;
  /** A provider has come. */
  arrived(name: string): void;
  /** A provider is about to go: addresses that it has put in place are removed. */
  release(name: string): Promise<void>;
  /** Resolves when the call has ended that it makes now. */
  callEnded(): Promise<void>;
  /** One that had its place has made its last call: this may be here. */
  inherit(addresses: readonly string[]): void;
}

/** A provider that is registered. */
export interface ProviderRegistration extends Disposable {
  /**
   * For a module's `stop`: what the provider has put in place is removed first, unless a successor has it (`replace`).
   * Disposing of it instead leaves everything as it is.
   */
  end(end?: ModuleEnd): Promise<void>;
}

/** The address providers that modules of this kernel have registered, by name. */
export class AddressProviders {
  readonly #clock: Clock;
  readonly #known = new Map<string, AddressProvider>();
  readonly #clients = new Set<ProviderClient>();
  readonly #work = new Set<Promise<void>>();

  /** @param clock lives as long as calls may take */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Makes a provider known, so that `provider: NAME` is served by it.
   * @throws VipError EEXIST if there is one of that name
   */
  register(name: string, provider: AddressProvider): ProviderRegistration {
    if (this.#known.has(name) || (BUILTIN_PROVIDERS as readonly string[]).includes(name))
      throw new VipError('EEXIST', `vip: there is an address provider ${name} already`);
    this.#known.set(name, provider);
    for (const client of this.#clients) client.arrived(name);
    const forget = (): void => {
      if (this.#known.get(name) === provider) this.#known.delete(name);
    };
    return {
      end: async (end = 'unload') => {
        if (end === 'unload') await Promise.all([...this.#clients].map((client) => client.release(name)));
        forget();
      },
      [Symbol.dispose]: forget,
    };
  }

  find(name: string): AddressProvider | undefined {
    return this.#known.get(name);
  }

  /** The names that a virtual host can be given. */
  get names(): string[] {
    return [...BUILTIN_PROVIDERS, ...this.#known.keys()];
  }

  enter(client: ProviderClient): Disposable {
    this.#clients.add(client);
    return { [Symbol.dispose]: () => void this.#clients.delete(client) };
  }

  /** Those that had a client's place before, and may still make a call: if that ended late it would undo the client's own. */
  before(client: ProviderClient): ProviderClient[] {
    const alike = [...this.#clients].filter(({ key }) => key === client.key);
    return alike.slice(0, alike.indexOf(client));
  }

  /** The client that has come in the place of one that ends, if there is one: what is here is its concern. */
  heirOf(client: ProviderClient): ProviderClient | undefined {
    const last = [...this.#clients].findLast(({ key }) => key === client.key);
    return last === client ? undefined : last;
  }

  /** Resolves after a time between two calls. */
  async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.callout('address provider', () => resolve()).reset(ms));
  }

  /** Makes a call to a provider, for as long as its limit allows. @throws what it throws; VipError ETIMEDOUT */
  async call<T>(
    { limitMs = DEFAULT_LIMIT_MS }: AddressProvider,
    call: (signal: AbortSignal) => T | Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const late = new VipError('ETIMEDOUT', `takes more than ${limitMs} ms`);
    let expire = (): void => undefined;
    const expired = new Promise<never>((_, reject) => {
      expire = () => reject(late);
    });
    using timer = this.#clock.callout('address provider', () => {
      expire();
      controller.abort(late);
    });
    timer.reset(limitMs);
    return await Promise.race([(async () => call(controller.signal))(), expired]);
  }

  /** A client makes calls; {@link settled} waits for it. */
  track(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }

  /** Resolves when no client makes calls. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}
