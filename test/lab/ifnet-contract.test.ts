/** The contract of modules/ifnet on Linux: a cable between two network namespaces, in real time. */
import assert from 'node:assert/strict';
import { Kernel } from '../../core/index.js';
import { parseLladdr } from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { acceptanceContract } from '../contract/acceptance-contract.js';
import { carpContract } from '../contract/carp-contract.js';
import { type DriverBed, type DriverFixture, ifnetContract } from '../contract/ifnet-contract.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, waitFor } from './support/index.js';
import { Wiretap } from './support/wiretap.js';

const DRIVERS: readonly DriverFixture[] = [
  {
    name: "linux (the C library's sockets)",
    skip: needs('root', 'netns', 'native'),
    setup: () => setup('libc'),
  },
  {
    name: 'linux (the sockets of raw-socket)',
    skip: needs('root', 'netns', 'native', 'raw-socket'),
    setup: () => setup('raw-socket'),
  },
];
for (const driver of DRIVERS) {
  ifnetContract(driver);
  carpContract(driver);
  acceptanceContract(driver);
}

const PEER = '02:00:00:00:77:02';
/** Longer than the kernel takes to report what it has done: what has not come by then does not come. */
const SETTLE_MS = 80;

async function setup(sockets: 'libc' | 'raw-socket'): Promise<DriverBed> {
  const lab = Laboratory.open();
  const [here, peer] = [lab.namespace('here'), lab.namespace('peer')];
  lab.join(here, 'eth0', peer, 'eth0');
  for (const host of [here, peer]) host.ip('link', 'set', 'eth0', 'addrgenmode', 'none');
  here.sysctl('net.ipv4.conf.all.promote_secondaries', 1);
  peer.ip('link', 'set', 'eth0', 'address', PEER, 'up');
  peer.ip('address', 'add', '10.77.0.2/24', 'dev', 'eth0');
  here.ip('link', 'set', 'eth0', 'up');
  here.ip('address', 'add', '10.77.0.1/24', 'dev', 'eth0');
  await elapse(SETTLE_MS);

  const kernel = new Kernel({ name: 'here' });
  const driver = await kernel.load(LinuxDriver, { netns: here.name, sockets });
  const tap = new Wiretap(peer, 'eth0');
  return {
    kernel,
    get seen() {
      return tap.frames();
    },
    peerLladdr: parseLladdr(PEER),
    inject: (frame) => tap.inject(frame),
    cutCable: () => void peer.ip('link', 'set', 'eth0', 'down'),
    mendCable: () => void peer.ip('link', 'set', 'eth0', 'up'),
    setUp: (up) => void here.ip('link', 'set', 'eth0', up ? 'up' : 'down'),
    rename: (from, to) => void here.ip('link', 'set', from, 'name', to),
    setLladdr: (lladdr) => void here.ip('link', 'set', 'eth0', 'address', lladdr),
    setMtu: (mtu) => void here.ip('link', 'set', 'eth0', 'mtu', String(mtu)),
    addAddress: (prefix) => void here.ip('address', 'add', prefix, 'dev', 'eth0'),
    removeAddress: (prefix) => void here.ip('address', 'del', prefix, 'dev', 'eth0'),
    create(name, prefix) {
      here.ip('link', 'add', name, 'type', 'bridge');
      here.ip('link', 'set', name, 'addrgenmode', 'none', 'up');
      here.ip('address', 'add', prefix, 'dev', name);
    },
    destroy: (name) => void here.ip('link', 'del', name),
    until: async (condition, what) => void (await waitFor(what, 5000, condition)),
    settle: () => elapse(SETTLE_MS),
    async close() {
      tap[Symbol.dispose]();
      await kernel.shutdown();
      assert.equal(driver.descriptors, 0, 'a descriptor was left open');
      assert.equal(kernel.modules().length, 0);
      await lab[Symbol.asyncDispose]();
    },
  };
}
