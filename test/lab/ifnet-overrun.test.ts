/** Reports that were lost, and a table read anew because of it, at the moments at which something could be missed for good. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Kernel } from '../../core/index.js';
import { type Ifnet, IfnetModule, InetPrefix } from '../../modules/ifnet/index.js';
import { GroupNames } from '../../modules/ifnet/linux/groups.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { LinuxIfnet } from '../../modules/ifnet/linux/interface.js';
import { dumpAddresses } from '../../modules/ifnet/linux/netlink/address.js';
import { dumpLinks } from '../../modules/ifnet/linux/netlink/link.js';
import type { NetlinkMessage, Request } from '../../modules/ifnet/linux/netlink/message.js';
import { Reporter } from '../../modules/ifnet/linux/reporter.js';
import { Requests } from '../../modules/ifnet/linux/requests.js';
import type { LinuxServices } from '../../modules/ifnet/linux/services.js';
import { Libc, type Netns, openNetns } from '../../modules/libc/index.js';
import { needs } from '../support/needs.js';
import { Laboratory, type Namespace, waitFor } from './support/index.js';

const SMALLEST = 2048;
const FIRST = '10.9.0.0/32';

function addresses(ifp: Ifnet): string[] {
  return ifp.addresses.map(({ prefix }) => prefix.toString()).toSorted();
}

/** A host on which nothing happens by itself. */
function still(t: TestContext): Namespace {
  const lab = Laboratory.open(t);
  const host = lab.namespace('a');
  lab.join(host, 'eth0', host, 'eth1');
  host.sysctl('net.ipv6.conf.all.disable_ipv6', 1);
  host.ip('link', 'set', 'eth0', 'up');
  return host;
}

/** Its interfaces are there to be looked at only. */
function reporterOn(ifnet: IfnetModule, requests: Requests): Reporter {
  const make = (state: ConstructorParameters<typeof LinuxIfnet>[0]): LinuxIfnet =>
    new LinuxIfnet(state, {} as LinuxServices);
  return new Reporter(ifnet, requests, new GroupNames(), false, make);
}

function addMany(t: TestContext, host: Namespace, count: number): void {
  const file = join(tmpdir(), `carpet-overrun-${process.pid}`);
  t.after(() => rmSync(file, { force: true }));
  const lines = Array.from({ length: count }, (_, i) => `addr add 10.9.${i >> 8}.${i & 255}/32 dev eth0\n`);
  writeFileSync(file, lines.join(''));
  host.ip('-batch', file);
}

/** Changes overtake each dump of the interfaces. */
class Interrupted extends Requests {
  interrupted = false;

  override request(...args: Parameters<Requests['request']>): boolean {
    const consistent = super.request(...args);
    const isDump = args[2].bytes(0).equals(dumpLinks().bytes(0));
    return consistent && !(isDump && this.interrupted);
  }
}

/** Somebody removes an address when the kernel has dumped them all, and the last is read. */
class Overtaken extends Requests {
  overtake: (() => void) | undefined;

  override request(
    ifname: string,
    what: string,
    request: Request,
    visit: (message: NetlinkMessage) => void = () => {},
  ): boolean {
    const consistent = super.request(ifname, what, request, visit);
    if (request.bytes(0).equals(dumpAddresses().bytes(0))) this.overtake?.();
    return consistent;
  }
}

describe('reports that were lost', { skip: needs('root', 'netns', 'native') }, () => {
  it('are made up for though a change of our own read what was left of them', async (t) => {
    const host = still(t);
    const kernel = new Kernel();
    t.after(() => kernel.shutdown());
    const driver = await kernel.load(LinuxDriver, { netns: host.name, receiveBuffer: SMALLEST });
    const ifp = kernel.get(IfnetModule).byName('eth0')!;
    await waitFor('the table', 5000, () => driver.inStep);
    addMany(t, host, 200);
    ifp.addAddress(InetPrefix.parse('10.77.0.1/24'));
    assert.ok(!driver.inStep, 'some were lost');
    await waitFor('a comparison', 5000, () => driver.inStep);
    assert.equal(addresses(ifp).length, 201);
  });
});

describe('a dump of interfaces', { skip: needs('root', 'netns', 'native') }, () => {
  it('that changes overtook has an interface depart whose name another one has by now', async (t) => {
    const host = still(t);
    const libc = Libc.load();
    using netns: Netns = openNetns(libc, host.name);
    using requests = new Interrupted(libc, netns);
    await using kernel = new Kernel();
    const ifnet = await kernel.load(IfnetModule);
    const reporter = reporterOn(ifnet, requests);
    assert.ok(reporter.synchronize(), 'nothing changed');
    const [before, peer] = ['eth0', 'eth1'].map((name) => ifnet.byName(name)!);
    const log: string[] = [];
    const { eventhandler } = kernel;
    eventhandler.register('ifnet_arrival_event', ({ index, name }) => void log.push(`+${index} ${name}`));
    eventhandler.register('ifnet_departure_event', ({ index, name }) => void log.push(`-${index} ${name}`));

    host.ip('link', 'del', 'eth0');
    host.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'wan0');
    requests.interrupted = true;
    assert.ok(!reporter.synchronize(), 'changes overtook it');
    const after = ifnet.byName('eth0')!;
    assert.notEqual(after.index, before!.index);
    const about = (what: string): string[] => log.filter((line) => line.endsWith(what));
    assert.deepEqual(about('eth0'), [`-${before!.index} eth0`, `+${after.index} eth0`]);
    assert.deepEqual(
      [before!.attached, peer!.attached],
      [false, true],
      'the dump may have skipped the other',
    );

    requests.interrupted = false;
    assert.ok(reporter.synchronize());
    assert.equal(peer!.attached, false);
  });
});

describe('a dump of addresses', { skip: needs('root', 'netns', 'native') }, () => {
  it('is not taken for whole if one changed meanwhile, whatever the kernel says', async (t) => {
    const host = still(t);
    const libc = Libc.load();
    using netns: Netns = openNetns(libc, host.name);
    using requests = new Overtaken(libc, netns);
    await using kernel = new Kernel();
    const ifnet = await kernel.load(IfnetModule);
    const reporter = reporterOn(ifnet, requests);
    addMany(t, host, 3);
    assert.ok(reporter.synchronize(), 'nothing changed');
    const eth0 = ifnet.byName('eth0')!;
    assert.equal(addresses(eth0).length, 3);

    host.ip('address', 'del', FIRST, 'dev', 'eth0');
    requests.overtake = () => host.ip('address', 'add', FIRST, 'dev', 'eth0');
    assert.ok(!reporter.synchronize(), 'it lacks an address that is there');
    assert.ok(addresses(eth0).includes(FIRST), 'nothing is removed upon such a dump');

    requests.overtake = undefined;
    assert.ok(reporter.synchronize());
    assert.equal(addresses(eth0).length, 3);
  });
});
