/** The contract of modules/ifnet on the virtual LAN, on the virtual clock. */
import assert from 'node:assert/strict';
import { Kernel, seededRandom, VirtualClock } from '../../core/index.js';
import { IfnetModule, InetPrefix, parseLladdr } from '../../modules/ifnet/index.js';
import { Lan, LanDriver, LanIfnet } from '../../modules/ifnet/lan/index.js';
import { strict } from '../support/kernel.js';
import { acceptanceContract } from './acceptance-contract.js';
import { carpContract } from './carp-contract.js';
import { type DriverBed, type DriverFixture, ifnetContract } from './ifnet-contract.js';

const fixture: DriverFixture = { name: 'lan', skip: false, setup };
ifnetContract(fixture);
carpContract(fixture);
acceptanceContract(fixture);

async function setup(): Promise<DriverBed> {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1) });
  const kernel = new Kernel({ ...strict, clock, name: 'here' });
  const driver = await kernel.load(LanDriver, { lan });
  const ifp = driver.create({ name: 'eth0', addresses: ['10.77.0.1/24'] });
  const peerKernel = new Kernel({ ...strict, clock, name: 'peer' });
  const peer = (await peerKernel.load(LanDriver, { lan })).create({
    name: 'eth0',
    addresses: ['10.77.0.2/24'],
  });
  const seen: Uint8Array[] = [];
  lan.tap(({ port, frame }) => {
    if (port === ifp.port) seen.push(frame);
  });

  const find = (name: string): LanIfnet => {
    const found = kernel.get(IfnetModule).byName(name);
    assert.ok(found instanceof LanIfnet, `there is no ${name}`);
    return found;
  };
  return {
    kernel,
    seen,
    peerLladdr: peer.lladdr,
    inject: (frame) => peer.transmit(frame),
    cutCable: () => lan.cut(ifp.port),
    mendCable: () => lan.mend(ifp.port),
    setUp: (up) => ifp.setUp(up),
    rename: (from, to) => find(from).rename(to),
    setLladdr: (lladdr) => ifp.setLladdr(parseLladdr(lladdr)),
    setMtu: (mtu) => ifp.setMtu(mtu),
    addAddress: (text) => ifp.addAddress(InetPrefix.parse(text)),
    removeAddress: (text) => ifp.removeAddress(InetPrefix.parse(text)),
    create: (name, address) => void driver.create({ name, addresses: [address] }),
    destroy: (name) => find(name).destroy(),
    async until(condition, what) {
      for (let waited = 0; !condition(); waited += 10) {
        assert.ok(waited < 10_000, `waited in vain for ${what}`);
        await clock.advance(10);
      }
    },
    settle: () => clock.advance(50),
    async close() {
      await peerKernel.shutdown();
      await kernel.shutdown();
      lan[Symbol.dispose]();
      assert.equal(clock.armed, 0, 'a callout was left behind');
    },
  };
}
