/**
 * Service from the virtual MAC and the Linux host it is on: whatever else has an eye on interfaces and settings there,
 * the host serves or says that it does not, and is as before afterwards.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Kernel, type LogRecord } from '../../core/index.js';
import { CarpModule, type CarpVhid, type CarpVhidOptions } from '../../modules/carp/index.js';
import { IfnetModule } from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { softcOf } from '../modules/carp/support/softc.js';
import { needs } from '../support/needs.js';
import { Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const VMAC = '00:00:5e:00:01:01';

const service = (more: Partial<CarpVhidOptions> = {}): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: ['10.88.0.100/24'],
  virtualMac: 'service',
  ...more,
});

function host(t: TestContext): Namespace {
  return Laboratory.open(t).host('a', { addresses: ['10.88.0.1/24'], ipv6: false });
}

/** A carpet in it, in this process. */
async function carpet(t: TestContext, { name: netns }: Namespace) {
  const log: LogRecord[] = [];
  const kernel = new Kernel({ log: (record) => log.push(record) });
  t.after(() => kernel.shutdown());
  await kernel.load(LinuxDriver, { netns });
  const carp = await kernel.load(CarpModule);
  const master = (options = service()): CarpVhid => {
    const vhid = carp.create(options);
    vhid.setState('MASTER');
    return vhid;
  };
  return { kernel, carp, master, log };
}

/** Every interface with its addresses, and every IPv4 setting. */
const inventory = (a: Namespace): string =>
  `${a.ip('-br', 'address')}\n${a.exec('sh', '-c', 'cd /proc/sys/net/ipv4/conf; grep -rs . . | sort')}`;

const setting = (a: Namespace, name: string, ifname = 'eth0'): string =>
  a.exec('cat', `/proc/sys/net/ipv4/conf/${ifname}/${name}`).trim();
const settings = (a: Namespace, ifname?: string): string =>
  `${setting(a, 'arp_ignore', ifname)} ${setting(a, 'arp_announce', ifname)}`;

describe('service from the virtual MAC, and its host', { skip }, () => {
  it('cannot serve while another has its address, says so and is demoted, and serves when that has gone', async (t) => {
    const a = host(t);
    const { master, log } = await carpet(t, a);
    a.ip('link', 'add', 'vrrp.1', 'link', 'eth0', 'address', VMAC, 'type', 'macvlan', 'mode', 'private');
    a.ip('link', 'set', 'vrrp.1', 'up');
    const vhid = master();
    assert.deepEqual([vhid.state, softcOf(vhid).service.ifp!.flags.up, vhid.advskew], ['MASTER', false, 240]);
    assert.match(
      log.map(({ message }) => message).join('\n'),
      /1@eth0: cannot serve: .*something else on the same interface has that address.*EADDRINUSE/,
    );
    a.ip('link', 'delete', 'vrrp.1');
    await waitFor('it to serve', 2500, () => softcOf(vhid).service.ifp!.flags.up);
    assert.deepEqual(
      softcOf(vhid).service.ifp!.addresses.map(({ prefix }) => String(prefix)),
      ['10.88.0.100/24'],
    );
    assert.equal(vhid.advskew, 0);
  });

  it("leaves the interface's own settings, where those of all are stricter, and a gateway's", async (t) => {
    const a = host(t);
    a.sysctl('net.ipv4.conf.all.arp_ignore', 1);
    a.sysctl('net.ipv4.conf.all.arp_announce', 2);
    a.sysctl('net.ipv4.conf.all.forwarding', 1);
    a.sysctl('net.ipv4.conf.default.forwarding', 0);
    const before = inventory(a);
    const { carp, master } = await carpet(t, a);
    const vhid = master();
    const { name } = softcOf(vhid).service.ifp!;
    assert.deepEqual([settings(a), setting(a, 'forwarding', name)], ['1 2', '1']);
    carp.remove(vhid);
    assert.equal(inventory(a), before);
    a.sysctl('net.ipv4.conf.eth0.forwarding', 0);
    a.sysctl('net.ipv4.conf.default.forwarding', 1);
    assert.equal(setting(a, 'forwarding', softcOf(master()).service.ifp!.name), '0');
  });

  it('puts them back where the interface was renamed meanwhile, and not where another has its name', async (t) => {
    const a = host(t);
    const { carp, master } = await carpet(t, a);
    const vhid = master();
    a.ip('link', 'set', 'eth0', 'name', 'wan0');
    a.ip('link', 'add', 'eth0', 'type', 'bridge');
    a.sysctl('net.ipv4.conf.eth0.arp_ignore', 1);
    a.sysctl('net.ipv4.conf.eth0.arp_announce', 2);
    carp.remove(vhid);
    assert.deepEqual([settings(a, 'wan0'), settings(a)], ['0 0', '1 2']);
  });

  it('puts them back with the last of two processes, whichever came first', async (t) => {
    const a = host(t);
    const [first, second] = [await carpet(t, a), await carpet(t, a)];
    const one = first.carp.create(service());
    const { name } = softcOf(one).service.ifp!;
    await waitFor('it to be known', 2000, () => second.kernel.get(IfnetModule).byName(name) !== undefined);
    const two = second.carp.create(service({ vhid: 2, addresses: ['10.88.0.102/24'] }));
    first.carp.remove(one);
    assert.equal(settings(a), '1 2');
    second.carp.remove(two);
    assert.equal(settings(a), '0 0');
  });

  it('leaves what an administrator has set meanwhile', async (t) => {
    const a = host(t);
    const { carp, master } = await carpet(t, a);
    const one = master();
    a.sysctl('net.ipv4.conf.eth0.arp_ignore', 2);
    const two = master(service({ vhid: 2, addresses: ['10.88.0.102/24'] }));
    assert.equal(settings(a), '2 2');
    for (const vhid of [one, two]) carp.remove(vhid);
    assert.equal(settings(a), '2 0');
  });

  it('settles them again with an interface that has to be made again', async (t) => {
    const a = host(t);
    const { carp, master } = await carpet(t, a);
    const vhid = master();
    a.sysctl('net.ipv4.conf.eth0.arp_ignore', 0);
    const former = softcOf(vhid).service.ifp!;
    a.ip('link', 'delete', former.name);
    await waitFor(
      'it to come back',
      2500,
      () => softcOf(vhid).service.ifp?.flags.up === true && !former.attached,
    );
    assert.equal(settings(a), '1 2');
    carp.remove(vhid);
    assert.equal(settings(a), '0 0');
  });

  for (const [how, ...command] of [
    ['deleted', 'delete', 'dev', 'eth0'],
    ['moved to another network namespace', 'set', 'eth0', 'netns'],
  ] as const) {
    it(`leaves nothing where its interface is ${how}`, async (t) => {
      const lab = Laboratory.open(t);
      const [a, b] = [lab.host('a', { addresses: ['10.88.0.1/24'] }), lab.namespace('b')];
      const { master, log } = await carpet(t, a);
      const vhid = master();
      const lines = log.length;
      a.ip('link', ...command, ...(how === 'deleted' ? [] : [b.name]));
      await waitFor('its end', 2000, () => vhid.state === 'INIT');
      assert.deepEqual(JSON.parse(a.ip('-j', 'link', 'show', 'type', 'macvlan')), []);
      assert.equal(softcOf(vhid).service.ifp, undefined);
      const complaints = log.slice(lines).filter(({ level }) => level === 'error');
      assert.deepEqual(complaints, []);
    });
  }

  for (const virtualMac of ['service', false] as const) {
    it(`takes everything off also where the driver goes first (virtualMac ${virtualMac})`, async (t) => {
      const a = host(t);
      const before = inventory(a);
      const kernel = new Kernel({ log: () => {} });
      const carp = await kernel.load(CarpModule);
      await kernel.load(LinuxDriver, { netns: a.name });
      carp.create(service({ virtualMac })).setState('MASTER');
      assert.match(a.ip('-br', 'address'), /10\.88\.0\.100/);
      await kernel.shutdown();
      assert.equal(inventory(a), before);
    });
  }
});
