/** Uevents of a real kernel, in a network namespace of our own. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Kernel } from '../../core/index.js';
import { UeventModule } from '../../modules/devctl/linux/index.js';
import { needs } from '../support/needs.js';
import { Laboratory, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'program:python3');

const FORGER = `
import socket
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
s.bind((0, 0))
s.sendto(b'add@/devices/virtual/net/forged\\0ACTION=add\\0SUBSYSTEM=net\\0', (0, 1))
`;

test('an interface that is made, renamed and removed, and a forged uevent', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const host = lab.namespace('a');
  await using kernel = new Kernel();
  const records: string[] = [];
  kernel.eventhandler.register('devctl_event', ({ text }) => records.push(text));
  await kernel.load(UeventModule, { netns: host.name });

  host.exec('python3', '-c', FORGER);
  host.ip('link', 'add', 'v0', 'type', 'bridge');
  host.ip('link', 'set', 'v0', 'name', 'v1');
  host.ip('link', 'del', 'v1');
  const devices = (): string[] => records.filter((record) => record.includes('SUBSYSTEM=net '));
  await waitFor('three records', 5000, () => devices().length >= 3);

  const [added, moved, removed] = devices();
  assert.match(
    added!,
    /^\+v0 at devpath=\/devices\/virtual\/net\/v0 subsystem=net .*INTERFACE=v0 IFINDEX=\d+ .* on \.$/,
  );
  assert.match(moved!, /^!system=KOBJECT subsystem=net type=MOVE device-name=v1 .*DEVPATH_OLD=\S*\/v0 /);
  assert.match(removed!, /^-v1 at devpath=\/devices\/virtual\/net\/v1 /);
  assert.ok(!records.some((record) => record.includes('forged')));
  assert.equal(kernel.sysctl.get('hw.bus.devctl.uevent_foreign')?.value, 1);
  assert.equal(kernel.sysctl.get('hw.bus.devctl.uevent_overruns')?.value, 0);
});

test('a namespace hears of its own interfaces, and of what is none', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [host, other] = [lab.namespace('a'), lab.namespace('b')];
  await using kernel = new Kernel();
  const records: string[] = [];
  kernel.eventhandler.register('devctl_event', ({ text }) => records.push(text));
  await kernel.load(UeventModule, { netns: host.name });

  other.ip('link', 'add', 'theirs', 'type', 'bridge');
  host.ip('link', 'add', 'ours', 'type', 'bridge');
  writeFileSync('/sys/class/mem/null/uevent', 'change');
  const null0 = /^!system=KOBJECT subsystem=mem type=CHANGE device-name=null /;
  await waitFor('the device', 5000, () => records.some((record) => null0.test(record)));
  assert.ok(records.some((record) => record.startsWith('+ours ')));
  assert.ok(!records.some((record) => record.includes('theirs')));
});

test('a storm is told of, or said to be incomplete; nothing stays open', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const host = lab.namespace('a');
  await using kernel = new Kernel();
  let attached = 0;
  kernel.eventhandler.register('devctl_event', ({ text }) => {
    if (/^\+d\d+ /.test(text)) attached++;
  });
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  await kernel.load(UeventModule, { netns: host.name });
  await kernel.unload('devctl-uevent');
  const before = descriptors();

  await kernel.load(UeventModule, { netns: host.name, receiveBuffer: 4096 });
  const make = Array.from({ length: 60 }, (_, n) => `ip link add d${n} type bridge;`).join('');
  host.exec('sh', '-c', make); // synchronously: nothing is read meanwhile, and the buffer is small
  const overruns = kernel.sysctl.get('hw.bus.devctl.uevent_overruns')!;
  await waitFor('the overrun', 5000, () => overruns.value === 1);
  assert.ok(attached < 60);
  host.ip('link', 'add', 'd99', 'type', 'bridge');
  const seen = attached;
  await waitFor('the next record', 5000, () => attached > seen);
  await kernel.unload('devctl-uevent');
  assert.equal(descriptors(), before);
});
