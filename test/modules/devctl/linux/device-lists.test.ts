/** The lists of the manual page that uevents are the source of, from datagrams that a kernel sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventHandlerRegistry } from '../../../../core/index.js';
import { DeviceLists } from '../../../../modules/devctl/linux/device-lists.js';
import type { PowerSupply } from '../../../../modules/devctl/linux/power-profile.js';
import { parseUevent } from '../../../../modules/devctl/linux/uevent.js';
import { RECORDED } from './support/recorded-uevents.js';

const ADAPTER: PowerSupply = { name: 'ADP1', type: 'Mains', scope: undefined, online: '0' };

function listening(supplies: PowerSupply[] = [ADAPTER]) {
  const eventhandler = new EventHandlerRegistry();
  const events: string[] = [];
  const machine = { random: '' as string | undefined };
  eventhandler.register('usb_dev_configured', ({ name, vendor, product }) => {
    events.push(`usb ${name} ${vendor.toString(16)}:${product.toString(16)}`);
  });
  eventhandler.register('register_framebuffer', (name) => void events.push(`+${name}`));
  eventhandler.register('unregister_framebuffer', (name) => void events.push(`-${name}`));
  eventhandler.register('power_profile_change', (profile) => void events.push(profile));
  eventhandler.register('random_adaptor_attach', (name) => void events.push(`random ${name}`));
  const lists = new DeviceLists(eventhandler, {
    powerSupplies: () => supplies,
    randomSources: () => machine.random,
  });
  const feed = (...lines: string[]): string[] => {
    lists.feed(parseUevent(new TextEncoder().encode(lines.join('\0')))!);
    return events.splice(0);
  };
  return { feed, machine };
}

const supply = (action: string, name: string, ...properties: string[]): string[] => [
  `${action}@/devices/x/power_supply/${name}`,
  'SUBSYSTEM=power_supply',
  `POWER_SUPPLY_NAME=${name}`,
  ...properties.map((each) => `POWER_SUPPLY_${each}`),
];

test('what a kernel sent becomes what FreeBSD would have invoked', () => {
  const { feed, machine } = listening();
  const events = RECORDED.flatMap((datagram) => {
    // rng_available, as that kernel had it at each of these.
    if (/^bind@.*\0DRIVER=virtio_rng\0/s.test(datagram)) machine.random = 'virtio_rng.0 ';
    if (/^unbind@.*virtio0\0/s.test(datagram)) machine.random = '';
    return feed(...datagram.split('\0'));
  });
  assert.deepEqual(events, [
    'performance',
    'economy',
    'random virtio_rng.0',
    'random virtio_rng.0',
    'usb usb1 1d6b:2',
    'usb usb2 1d6b:3',
    'usb 1-1 627:1',
    '+fb0',
    '-fb0',
  ]);
});

test('the profile changes when the last input goes, and when one comes back', () => {
  const { feed } = listening();
  assert.deepEqual(feed(...supply('change', 'ADP1', 'TYPE=Mains', 'ONLINE=0')), []);
  assert.deepEqual(feed(...supply('add', 'usb-c', 'TYPE=USB', 'ONLINE=1')), ['performance']);
  assert.deepEqual(feed(...supply('change', 'ADP1', 'TYPE=Mains', 'ONLINE=1')), []);
  assert.deepEqual(feed(...supply('change', 'usb-c', 'TYPE=USB', 'ONLINE=0')), []);
  assert.deepEqual(feed(...supply('change', 'ADP1', 'TYPE=Mains', 'ONLINE=0')), ['economy']);
  assert.deepEqual(feed(...supply('change', 'ADP1', 'TYPE=Mains', 'ONLINE=2')), ['performance']);
  assert.deepEqual(feed(...supply('remove', 'ADP1', 'TYPE=Mains', 'ONLINE=2')), ['economy']);
  assert.deepEqual(feed(...supply('remove', 'usb-c', 'TYPE=USB', 'ONLINE=0')), []);
});

test('batteries, and the supplies of what is attached, are no inputs; a first adapter is no change', () => {
  const { feed } = listening([{ ...ADAPTER, name: 'mouse', scope: 'Device', online: '1' }]);
  assert.deepEqual(feed(...supply('change', 'BAT0', 'TYPE=Battery', 'CAPACITY=40')), []);
  assert.deepEqual(feed(...supply('change', 'ups', 'TYPE=UPS', 'ONLINE=1')), []);
  assert.deepEqual(feed(...supply('change', 'pen', 'TYPE=USB', 'SCOPE=Device', 'ONLINE=0')), []);
  assert.deepEqual(feed(...supply('add', 'AC', 'TYPE=Mains', 'ONLINE=1')), []);
  assert.deepEqual(feed(...supply('change', 'AC', 'TYPE=Mains', 'ONLINE=0')), ['economy']);
  assert.deepEqual(feed('change@/devices/x', 'SUBSYSTEM=power_supply'), []);
});

test('only a whole USB device counts, and only a frame buffer', () => {
  const { feed } = listening();
  const usb = ['SUBSYSTEM=usb', 'PRODUCT=46d/82d/11'];
  assert.deepEqual(feed('bind@/devices/1-1:1.0', ...usb, 'DEVTYPE=usb_interface'), []);
  assert.deepEqual(feed('add@/devices/1-1', ...usb, 'DEVTYPE=usb_device'), []);
  assert.deepEqual(feed('bind@/devices/1-1', 'SUBSYSTEM=usb', 'DEVTYPE=usb_device'), []);
  assert.deepEqual(feed('bind@/devices/1-1', ...usb, 'DEVTYPE=usb_device'), ['usb 1-1 46d:82d']);
  assert.deepEqual(feed('add@/devices/virtual/graphics/fbcon', 'SUBSYSTEM=graphics'), []);
  assert.deepEqual(feed('change@/devices/x/graphics/fb0', 'SUBSYSTEM=graphics'), []);
});

test('sources of randomness that were there, or are none, are not reported', () => {
  const { feed, machine } = listening();
  machine.random = 'none';
  assert.deepEqual(feed('bind@/devices/x', 'SUBSYSTEM=pci'), []);
  machine.random = 'tpm-rng-0 none';
  assert.deepEqual(feed('bind@/devices/x', 'SUBSYSTEM=pci'), ['random tpm-rng-0']);
  machine.random = 'tpm-rng-0 virtio_rng.0';
  assert.deepEqual(feed('change@/devices/x', 'SUBSYSTEM=pci'), []);
  assert.deepEqual(feed('bind@/devices/y', 'SUBSYSTEM=pci'), ['random virtio_rng.0']);
  machine.random = undefined;
  assert.deepEqual(feed('unbind@/devices/y', 'SUBSYSTEM=pci'), []);
});
