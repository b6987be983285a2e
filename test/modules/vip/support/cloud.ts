/** An address provider for tests, and hosts that are served by it. */
import { setImmediate } from 'node:timers/promises';
import type { CarpVhidOptions } from '../../../../modules/carp/index.js';
import { type AddressProvider, type ProvidedRequest, VipModule } from '../../../../modules/vip/index.js';
import { SHARED, type World } from '../../carp/support/world.js';

export const ADD = `add ${SHARED} of 1@eth0`;
export const REMOVE = `remove ${SHARED} of 1@eth0`;

/** A cloud that does what it is asked for, says what that was, and can fail or hang. */
export class Cloud implements AddressProvider {
  readonly calls: string[] = [];
  readonly here = new Set<string>();
  readonly checkMs = 3000;
  readonly limitMs = 2000;
  checks = 0;
  failure: string | undefined;
  checkFailure: string | undefined;
  hangs = false;
  aborted = 0;

  add(request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    return this.#answer('add', request, signal);
  }

  remove(request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    return this.#answer('remove', request, signal);
  }

  check({ addresses }: ProvidedRequest): boolean {
    this.checks++;
    if (this.checkFailure !== undefined) throw new Error(this.checkFailure);
    return addresses.every((address) => this.here.has(address));
  }

  async #answer(what: 'add' | 'remove', request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    const { name, addresses } = request;
    this.calls.push(`${what} ${addresses.join(' ')} of ${name}`);
    signal.addEventListener('abort', () => this.aborted++);
    if (this.hangs) await new Promise(() => undefined);
    if (this.failure !== undefined) throw new Error(this.failure);
    for (const address of addresses) this.here[what === 'add' ? 'add' : 'delete'](address);
  }
}

/** A host whose vhid is served by the cloud. */
export async function hosted(world: World, cloud: Cloud, options: Partial<CarpVhidOptions> = {}) {
  const host = await world.host();
  const vip = await host.kernel.load(VipModule);
  const registration = vip.providers.register('cloud', cloud);
  const vhid = host.create({ provider: 'cloud', ...options });
  return { ...host, vhid, registration };
}

/** Time passes, and calls end between the steps. */
export async function pass(world: Pick<World, 'advance'>, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    world.advance(Math.min(250, ms - passed));
    await setImmediate();
  }
}
