/** `carpet ifconfig`: FreeBSD's layout, with CARP where the kernel runs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, seededRandom, VirtualClock } from '../../../../core/index.js';
import { CarpModule, type CarpVhidOptions } from '../../../../modules/carp/index.js';
import { show } from '../../../../modules/cli/ifconfig/command.js';
import { type Ifnet, IfnetModule, InetPrefix } from '../../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../../modules/ifnet/lan/index.js';
import { needs } from '../../../support/needs.js';
import { carpet } from '../carpet.js';

async function host(options: Partial<CarpVhidOptions> = {}) {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1) });
  const kernel = new Kernel({ clock, random: seededRandom(1), name: 'alpha' });
  const driver = await kernel.load(LanDriver, { lan });
  const eth0 = driver.create({ name: 'eth0', lladdr: '02:00:00:00:00:01', addresses: ['10.0.0.1/20'] });
  driver.create({ name: 'eth1', lladdr: '02:00:00:00:00:02', addresses: ['10.1.0.1/32'], up: false });
  const carp = await kernel.load(CarpModule);
  carp.create({
    ifname: 'eth0',
    vhid: 7,
    password: 'secret',
    addresses: ['10.0.0.100/32', 'fd00::100/64'],
    advskew: 100,
    ...options,
  });
  await clock.advance(10_000);
  eth0.addAddress(InetPrefix.parse('fe80::1/64'));
  const table = kernel.get(IfnetModule);
  const vhids = (ifp: Ifnet) =>
    carp
      .list()
      .map((vhid) => vhid.toJSON())
      .filter(({ ifname, virtualIfname }) => [ifname, virtualIfname].includes(ifp.name));
  return { table, show: (json: boolean) => show(table.list(), table, json, vhids), kernel };
}

test('looks as on FreeBSD', async () => {
  const { show: output, kernel } = await host();
  assert.deepEqual(output(false).split('\n'), [
    'eth0: flags=8043<UP,BROADCAST,RUNNING,MULTICAST> metric 0 mtu 1500',
    '\tether 02:00:00:00:00:01',
    '\tinet 10.0.0.1 netmask 0xfffff000 broadcast 10.0.15.255',
    '\tinet 10.0.0.100 netmask 0xffffffff vhid 7',
    '\tinet6 fd00::100 prefixlen 64 vhid 7',
    '\tinet6 fe80::1%eth0 prefixlen 64 tentative scopeid 0x1',
    '\tcarp: MASTER vhid 7 advbase 1 advskew 100',
    '\t      peer 224.0.0.18 peer6 ff02::12',
    '\tstatus: active',
    'eth1: flags=8002<BROADCAST,MULTICAST> metric 0 mtu 1500',
    '\tether 02:00:00:00:00:02',
    '\tinet 10.1.0.1 netmask 0xffffffff',
    '\tstatus: no carrier',
    '',
  ]);
  await kernel.shutdown();
});

test('shows the virtual MAC with its interface, and the vhid with its addresses there', async () => {
  const { show: output, kernel } = await host({ virtualMac: 'service' });
  const lines = output(false).split('\n');
  const [eth0, carp7] = [lines.indexOf('\t      peer 224.0.0.18 peer6 ff02::12'), lines.length - 6];
  assert.equal(lines[eth0 + 1], '\t      ether 00:00:5e:00:01:07 on carp7-1');
  assert.deepEqual(lines.slice(carp7), [
    'carp7-1: flags=8043<UP,BROADCAST,RUNNING,MULTICAST> metric 0 mtu 1500',
    '\tether 00:00:5e:00:01:07',
    '\tinet 10.0.0.100 netmask 0xffffffff vhid 7',
    '\tinet6 fd00::100 prefixlen 64 vhid 7',
    '\tstatus: active',
    '',
  ]);
  await kernel.shutdown();
});

test('is an array for programs, without the password', async () => {
  const { show: output, kernel } = await host();
  const text = output(true);
  const [eth0, eth1] = JSON.parse(text);
  assert.equal(eth0.lladdr, '02:00:00:00:00:01');
  assert.deepEqual([eth0.carp[0].state, eth0.carp[0].vhid, eth1.carp], ['MASTER', 7, []]);
  assert.deepEqual(
    eth0.addresses.map((a: { address: string; length: number; vhid?: number }) => [
      a.address,
      a.length,
      a.vhid,
    ]),
    [
      ['10.0.0.1', 20, undefined],
      ['10.0.0.100', 32, 7],
      ['fd00::100', 64, 7],
      ['fe80::1', 64, undefined],
    ],
  );
  assert.ok(!text.includes('secret'));
  await kernel.shutdown();
});

test('of this machine shows the loopback interface', { skip: needs('native') }, () => {
  const { status, stdout, stderr } = carpet(['ifconfig', 'lo']);
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^lo: flags=[0-9a-f]+<(UP,)?LOOPBACK/);
  const [lo] = JSON.parse(carpet(['ifconfig', '--json', 'lo']).stdout);
  assert.equal(lo.type, 'loopback');
});

test('names the interface that is not there, exit 1', { skip: needs('native') }, () => {
  const { status, stdout, stderr } = carpet(['ifconfig', 'nope']);
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^carpet: interface nope does not exist[^\n]*\n$/);
});
