/** Records of uevents, from datagrams as the kernel sends them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Kernel, Scope } from '../../../../core/index.js';
import { DevctlModule } from '../../../../modules/devctl/index.js';
import { UeventFeeder } from '../../../../modules/devctl/linux/feeder.js';
import { parseUevent } from '../../../../modules/devctl/linux/uevent.js';

const CAMERA = '/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.2';
const SYSFS = new Map([
  [`${CAMERA}/serial`, '6E "$(id)" 2F'],
  [`${CAMERA}/busnum`, '1'],
  [`${CAMERA}/devnum`, '3'],
]);

async function recordsOf(
  given: readonly (readonly string[])[],
  sysctls: Record<string, string> = {},
): Promise<string[]> {
  const kernel = new Kernel();
  const devctl = await kernel.load(DevctlModule);
  await using scope = new Scope('test', kernel);
  const feeder = new UeventFeeder(devctl, scope, (path, name) => SYSFS.get(`${path}/${name}`));
  for (const [name, value] of Object.entries(sysctls)) kernel.sysctl.set(name, value);
  const records: string[] = [];
  kernel.eventhandler.register('devctl_event', ({ text }) => records.push(text));
  for (const lines of given) feeder.feed(parseUevent(datagram(...lines))!);
  return records;
}

const datagram = (...lines: readonly string[]): Uint8Array =>
  new TextEncoder().encode(lines.map((line) => `${line}\0`).join(''));

const event = (action: string, devpath: string, ...properties: string[]): string[] => [
  `${action}@${devpath}`,
  `ACTION=${action}`,
  `DEVPATH=${devpath}`,
  ...properties,
];

/** Any of UTF-16. fast-check's own 'binary' takes two seconds to set itself up. */
const CHARACTER = fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code));

describe('uevents', () => {
  it('become attach and detach records, with their properties as variables', async () => {
    const qb = ['SUBSYSTEM=net', 'INTERFACE=qb', 'IFINDEX=2', 'SEQNUM=1164'];
    const path = '/devices/virtual/net/qb';
    assert.deepEqual(await recordsOf([event('add', path, ...qb), event('remove', path, ...qb)]), [
      `+qb at devpath=${path} subsystem=net SUBSYSTEM=net INTERFACE=qb IFINDEX=2 SEQNUM=1164 on .`,
      `-qb at devpath=${path} subsystem=net SUBSYSTEM=net INTERFACE=qb IFINDEX=2 SEQNUM=1164 on .`,
    ]);
  });

  it('of PCI are told in the words of FreeBSD', async () => {
    const [record] = await recordsOf([
      event(
        'add',
        '/devices/pci0000:00/0000:00:19.0',
        'SUBSYSTEM=pci',
        'PCI_CLASS=20000',
        'PCI_ID=8086:1502',
        'PCI_SUBSYS_ID=17AA:21CE',
        'PCI_SLOT_NAME=0000:00:19.0',
        'SEQNUM=7',
      ),
    ]);
    assert.equal(
      record!.replace(/ subsystem=.*(?= on )/, ''),
      '+0000:00:19.0 at slot=25 function=0 dbsf=pci0:0:25:0 devpath=/devices/pci0000:00/0000:00:19.0' +
        ' vendor=0x8086 device=0x1502 subvendor=0x17aa subdevice=0x21ce class=0x020000 on pci0000:00',
    );
  });

  it('of USB make the records that rules for USB wait for', async () => {
    const product = ['PRODUCT=46d/82d/11', 'TYPE=239/2/1'];
    const device = [
      'SUBSYSTEM=usb',
      'DEVTYPE=usb_device',
      'DEVNAME=bus/usb/001/003',
      'BUSNUM=001',
      'DEVNUM=003',
    ];
    const records = await recordsOf([
      event('add', CAMERA, ...device, ...product),
      event(
        'add',
        `${CAMERA}/1-4.2:1.0`,
        'SUBSYSTEM=usb',
        'DEVTYPE=usb_interface',
        ...product,
        'INTERFACE=14/1/0',
      ),
    ]);
    const identity =
      'vendor=0x046d product=0x082d release=0x0011 devclass=0xef devsubclass=0x02 devproto=0x01';
    const serial = 'sernum="6E \\"$(id)\\" 2F"';
    assert.deepEqual(
      records.filter((record) => record.startsWith('!')),
      [
        `!system=USB subsystem=DEVICE type=ATTACH cdev=bus/usb/001/003 ${identity} ${serial} mode=host bus=1 port=2 devaddr=3 parent=1-4`,
        '!system=DEVFS subsystem=CDEV type=CREATE cdev=bus/usb/001/003',
        `!system=USB subsystem=INTERFACE type=ATTACH ${identity} intclass=0x0e intsubclass=0x01 intprotocol=0x00` +
          ` cdev=bus/usb/001/003 ${serial} mode=host bus=1 port=2 interface=0 parent=1-4.2`,
      ],
    );
    const [attached, part] = records.filter((record) => record.startsWith('+'));
    assert.match(attached!, /^\+1-4\.2 at bus=1 port=2 devaddr=3 devpath=\S+ vendor=0x046d .* on 1-4$/);
    assert.match(part!, /^\+1-4\.2:1\.0 at bus=1 port=2 interface=0 .*intclass=0x0e.* on 1-4\.2$/);
  });

  it('of nodes, media and everything else', async () => {
    const disk = ['SUBSYSTEM=block', 'DEVNAME=/dev/sr0', 'DEVTYPE=disk'];
    const path = '/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sr0';
    const records = await recordsOf([
      event('add', path, ...disk),
      event('change', path, ...disk, 'DISK_MEDIA_CHANGE=1'),
      event('remove', path, ...disk),
      event('add', '/module/dummy', 'SUBSYSTEM=module'),
    ]);
    const name = `device-name=sr0 devpath=${path}`;
    assert.deepEqual(
      records.map((record) => record.replace(/ at .* on/, ' on')),
      [
        '!system=DEVFS subsystem=CDEV type=CREATE cdev=sr0',
        '+sr0 on 0:0:0:0',
        '!system=DEVFS subsystem=CDEV type=MEDIACHANGE cdev=sr0',
        `!system=KOBJECT subsystem=block type=CHANGE ${name} ${disk.join(' ')} DISK_MEDIA_CHANGE=1`,
        '!system=DEVFS subsystem=CDEV type=DESTROY cdev=sr0',
        '-sr0 on 0:0:0:0',
        '!system=KOBJECT subsystem=module type=ADD device-name=dummy devpath=/module/dummy SUBSYSTEM=module',
      ],
    );
  });

  it('are switched by form', async () => {
    const given = [
      event('add', CAMERA, 'SUBSYSTEM=usb', 'DEVTYPE=usb_device', 'DEVNAME=bus/usb/001/003'),
      event('bind', CAMERA, 'SUBSYSTEM=usb'),
    ];
    const kinds = async (off: string): Promise<string[]> => {
      const records = await recordsOf(given, { [`hw.bus.devctl.${off}`]: '0' });
      return records.map((record) => /system=(\w+)/.exec(record)?.[1] ?? record[0]!);
    };
    // An attach record's own subsystem=usb is not a system.
    assert.deepEqual(await kinds('usb'), ['DEVFS', 'usb', 'KOBJECT']);
    assert.deepEqual(await kinds('devfs'), ['USB', 'usb', 'KOBJECT']);
    assert.deepEqual(await kinds('device'), ['USB', 'DEVFS', 'KOBJECT']);
    assert.deepEqual(await kinds('kobject'), ['USB', 'DEVFS', 'usb']);
  });

  it('keep their values whole, whatever is in them', async () => {
    const path = '/devices/virtual/input/input 7';
    const [record] = await recordsOf([
      event(
        'add',
        path,
        'SUBSYSTEM=input',
        'NAME="Evil \\ \'$(id)\' keyboard"',
        'PHYS=',
        'bad key=1',
        'LINES=a\n!b',
      ),
    ]);
    assert.equal(
      record,
      '+input_7 at devpath="/devices/virtual/input/input 7" subsystem=input SUBSYSTEM=input ' +
        'NAME="\\"Evil \\\\ \'$(id)\' keyboard\\"" PHYS="" LINES="a !b" on .',
    );
  });

  it('of udevd, and what is none, are not read', () => {
    assert.equal(parseUevent(datagram('libudev', 'x@/y')), undefined);
    assert.equal(parseUevent(datagram('add@relative')), undefined);
    assert.equal(parseUevent(new Uint8Array()), undefined);
    assert.equal(parseUevent(datagram('add@/devices/x', '=novalue', 'nothing'))!.properties.size, 0);
  });

  it('never throw, whatever comes', async () => {
    const kernel = new Kernel();
    const devctl = await kernel.load(DevctlModule);
    await using scope = new Scope('test', kernel);
    const feeder = new UeventFeeder(devctl, scope, () => undefined);
    const keys = 'SUBSYSTEM DEVTYPE DEVNAME PRODUCT TYPE INTERFACE PCI_ID PCI_SLOT_NAME'.split(' ');
    const key = fc.constantFrom(...keys, 'x y');
    const value = fc.oneof(
      fc.constantFrom('usb', 'usb_device', 'usb_interface', '1/2/3', '0:1:2.3', '', ' ', '/', '"', '\\'),
      fc.string({ unit: CHARACTER }),
    );
    const action = fc.oneof(fc.constantFrom('add', 'remove', 'change'), fc.string());
    fc.assert(
      fc.property(action, fc.string(), fc.array(fc.tuple(key, value)), (verb, path, pairs) => {
        const lines = [`${verb}@/devices/${path}`, ...pairs.map(([k, v]) => `${k}=${v}`)];
        const parsed = parseUevent(datagram(...lines));
        if (parsed !== undefined) feeder.feed(parsed);
      }),
      { numRuns: 150 },
    );
  });
});
