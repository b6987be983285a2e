/** The addresses of virtual hosts at a provider, by themselves, and a provider that says what it was asked for. */
import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '../../../../core/index.js';
import { InetPrefix } from '../../../../modules/ifnet/index.js';
import { ProvidedAddresses } from '../../../../modules/vip/provider/provided.js';
import type { AddressProvider } from '../../../../modules/vip/provider/provider.js';
import { AddressProviders } from '../../../../modules/vip/provider/registry.js';

export const [A, B] = ['10.88.0.100/24', '10.88.0.101/24'].map((text) => InetPrefix.parse(text)) as [
  InetPrefix,
  InetPrefix,
];
/** A provider, and virtual hosts that it serves: what it was asked for, what they report, and what is logged. */
export function world(provider: Partial<AddressProvider> = {}) {
  const clock = new VirtualClock();
  const providers = new AddressProviders(clock);
  const [calls, reports, logged]: string[][] = [[], [], []];
  const note = (text: string): void => void logged!.push(text);
  const log = {
    error: note,
    warning: note,
    limited: () => ({ error: (text: () => string) => note(text()) }),
  };
  const call =
    (what: string): AddressProvider['add'] =>
    async ({ name, addresses }) =>
      void calls!.push(`${what} ${addresses.join(' ')} of ${name}`);
  const cloud: AddressProvider = { add: call('add'), remove: call('remove'), ...provider };
  const registration = providers.register('cloud', cloud);
  const host = (vhid: number): ProvidedAddresses =>
    new ProvidedAddresses(
      { name: `${vhid}@eth0`, protocol: 'carp', vhid, ifname: 'eth0' },
      'cloud',
      { clock, log: log as never, protocol: 'carp', providers },
      {
        report: (trouble) => void reports!.push(trouble?.reason ?? 'serves'),
        placed: () => void reports!.push('placed'),
      },
    );
  /** Calls end, and are repeated, while a few seconds pass. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      await setImmediate();
      clock.advanceSync(Math.min(500, ms - passed));
    }
    await setImmediate();
  };
  const settled = (): Promise<void> => providers.settled();
  return {
    clock,
    providers,
    cloud,
    registration,
    calls: calls!,
    reports: reports!,
    logged: logged!,
    host,
    pass,
    settled,
  };
}

/** An answer that lets itself be waited for. */
export function slow() {
  let end = (_failure?: Error): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (failure) => (failure === undefined ? resolve() : reject(failure));
  });
  return { ended, end };
}
