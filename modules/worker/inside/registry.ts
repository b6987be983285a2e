import {
  type AnyEventName,
  CarpetError,
  type Declared,
  type EventArgs,
  EventHandlerList,
  EventHandlerRegistry,
  type EventHandlerRegistryOptions,
  unlessAborted,
} from '../../../core/index.js';

type Policy = ConstructorParameters<typeof EventHandlerList>[1];

/** Takes what the module invokes to the kernel. */
export interface Relay {
  invoke(list: string, args: readonly unknown[]): void;
  invokeAsync(list: string, args: readonly unknown[]): Promise<void>;
}

/**
 * The lists of a kernel in a thread. Handlers are registered here; what is invoked goes to the kernel outside, where the
 * list is, and comes back for the handlers here when their turn has come.
 */
export class RelayedRegistry extends EventHandlerRegistry {
  readonly #relay: Relay;

  constructor(options: EventHandlerRegistryOptions, relay: Relay) {
    super(options);
    this.#relay = relay;
  }

  override invoke<N extends AnyEventName>(name: N & Declared<N>, ...args: EventArgs<N>): void {
    this.#relay.invoke(name, args);
  }

  override async invokeAsync<N extends AnyEventName>(
    name: N & Declared<N>,
    ...args: EventArgs<N>
  ): Promise<void> {
    await this.#relay.invokeAsync(name, args);
  }

  override async invokeUntil<N extends AnyEventName>(
    signal: AbortSignal,
    name: N & Declared<N>,
    ...args: EventArgs<N>
  ): Promise<void> {
    await unlessAborted(this.#relay.invokeAsync(name, args), signal);
  }

  protected override defineResult(list: EventHandlerList): never {
    throw new CarpetError(
      'EOPNOTSUPP',
      `${list.name}: a module in a worker cannot define a list with a result: define and invoke it in a module outside`,
    );
  }

  protected override makeList(name: string, policy: Policy): EventHandlerList {
    return new RelayedList(name, policy, this.#relay);
  }
}

class RelayedList extends EventHandlerList {
  readonly #relay: Relay;

  constructor(name: string, policy: Policy, relay: Relay) {
    super(name, policy);
    this.#relay = relay;
  }

  override invoke(...args: unknown[]): void {
    this.#relay.invoke(this.name, args);
  }

  override async invokeAsync(...args: unknown[]): Promise<void> {
    await this.#relay.invokeAsync(this.name, args);
  }

  override async invokeUntil(signal: AbortSignal, ...args: unknown[]): Promise<void> {
    await unlessAborted(this.#relay.invokeAsync(this.name, args), signal);
  }
}
