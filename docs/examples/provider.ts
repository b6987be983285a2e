import { inject, Kernel, Module, type ModuleEnd, seededRandom, VirtualClock } from 'carpet-kernel';
import { CarpModule } from 'carpet-kernel/carp';
import { Lan, LanDriver } from 'carpet-kernel/lan';
import {
  type AddressProvider,
  type ProvidedRequest,
  type ProviderRegistration,
  VipModule,
} from 'carpet-kernel/vip';

/** A cloud in which an address belongs to whichever machine asked for it last. */
class Cloud {
  readonly owners = new Map<string, string>();

  assign(address: string, machine: string): void {
    this.owners.set(address, machine);
    console.log(`${address} belongs to ${machine}`);
  }
}

const cloud = new Cloud();

/** Registers the provider `cloud`, and has it remove its addresses before it goes. */
@Module({ name: 'cloud', depends: [VipModule] })
class CloudModule implements AddressProvider {
  readonly #registration: ProviderRegistration;

  constructor(
    @inject(VipModule) vip: VipModule,
    @inject(Kernel) private readonly kernel: Kernel,
  ) {
    this.#registration = vip.providers.register('cloud', this);
  }

  async add({ addresses }: ProvidedRequest): Promise<void> {
    for (const address of addresses) cloud.assign(address, this.kernel.name);
  }

  /** By now the new MASTER may have it: only what is ours goes. */
  async remove({ addresses }: ProvidedRequest): Promise<void> {
    for (const address of addresses)
      if (cloud.owners.get(address) === this.kernel.name) cloud.owners.delete(address);
  }

  async check({ addresses }: ProvidedRequest): Promise<boolean> {
    return addresses.every((address) => cloud.owners.get(address) === this.kernel.name);
  }

  async stop(end: ModuleEnd): Promise<void> {
    await this.#registration.end(end);
  }
}

const clock = new VirtualClock();
const lan = new Lan({ clock, random: seededRandom(1) });
for (const [number, name] of ['alpha', 'beta'].entries()) {
  const kernel = new Kernel({ name, clock });
  await kernel.load(LanDriver, {
    lan,
    interfaces: [{ name: 'eth0', addresses: [`10.0.0.${number + 1}/24`] }],
  });
  await kernel.load(CloudModule);
  await kernel.load(CarpModule);
  const shared = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.0.0.100/24'] };
  kernel.get(CarpModule).create({ ...shared, advskew: number * 100, provider: 'cloud' });
}
await clock.advance(5000);
lan.cut('alpha:eth0');
await clock.advance(5000);
