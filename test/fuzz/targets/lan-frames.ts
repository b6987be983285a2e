import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Kernel, seededRandom, VirtualClock } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { InetAddress, InetPrefix, internetChecksum } from '../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { NotifyPeers } from '../../../modules/notify-peers/index.js';
import { strict } from '../../support/kernel.js';
import { type FuzzTarget, fuzzProperty, type OpenTarget } from '../target.js';

const SHARED = ['10.0.0.100/24', 'fd00::100/64'];

async function host(clock: VirtualClock, lan: Lan, name: string, number: number, password: string) {
  const kernel = new Kernel({ ...strict, clock, name, random: seededRandom(name) });
  const driver = await kernel.load(LanDriver, { lan });
  const ifp = driver.create({
    name: 'eth0',
    addresses: [`10.0.0.${number}/24`, `fd00::${number}/64`],
    linkLocal: true,
  });
  const carp = await kernel.load(CarpModule);
  const vhid = carp.create({ ifname: 'eth0', vhid: 1, password, addresses: SHARED, advskew: number * 20 });
  return { kernel, ifp, vhid };
}

/** One of each kind of frame that hosts exchange, sent by a stranger with another password. */
async function recordTraffic(): Promise<Uint8Array[]> {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1) });
  const frames = new Map<string, Uint8Array>();
  lan.tap(({ frame }) => frames.set(`${frame.length} ${frame.subarray(0, 24).join()}`, frame));
  const stranger = await host(clock, lan, 'stranger', 9, 'another');
  const other = await host(clock, lan, 'other', 8, 'another');
  clock.advanceSync(8000);
  stranger.kernel.get(NotifyPeers).netifNotifyPeers(stranger.ifp, { form: 'reply' });
  for (const [family, to] of [
    [4, '10.0.0.8'],
    [6, 'fd00::8'],
  ] as const) {
    using socket = stranger.ifp.openIp({ family, protocol: family === 4 ? 1 : 58, input: () => {} });
    socket.send(Uint8Array.of(family === 4 ? 8 : 128, 0, 0, 0, 0, 0, 0, 0), {
      destination: InetAddress.parse(to),
    });
    clock.advanceSync(100);
  }
  stranger.ifp.addAddress(InetPrefix.parse('fd00::77/64'));
  clock.advanceSync(2000);
  for (const { kernel } of [stranger, other]) await kernel.shutdown();
  return [...frames.values()];
}

/** Bytes changed, cut off, added; the checksums made right again, so that some get far. */
function bend(frames: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(120), fc.nat(255));
  return fc
    .record({
      frame: fc.constantFrom(...frames),
      changes: fc.array(change, { maxLength: 6 }),
      cut: fc.option(fc.nat(120)),
      more: fc.uint8Array({ maxLength: 40 }),
      repair: fc.boolean(),
    })
    .map(({ frame, changes, cut, more, repair }) => {
      const bent = new Uint8Array([...frame.subarray(0, cut ?? frame.length), ...more]);
      for (const [at, value] of changes) if (at < bent.length) bent[at] = value;
      if (repair) rightChecksums(bent);
      return bent;
    });
}

/** Of the IPv4 header, and of what follows it if that is as long as an advertisement. */
function rightChecksums(frame: Uint8Array): void {
  if (frame[12] !== 8 || frame[13] !== 0 || frame.length < 70) return;
  for (const [start, end, at] of [
    [14, 34, 24],
    [34, 70, 40],
  ] as const) {
    frame.fill(0, at, at + 2);
    const sum = internetChecksum(frame.subarray(start, end));
    frame.set([sum >> 8, sum & 0xff], at);
  }
}

/** Frames in 200 ms. */
const BURST = 10;

/** A pair that shares an address, and an attacker on their segment. */
async function open(): Promise<OpenTarget> {
  const frames = await recordTraffic();
  assert.ok(frames.length >= 12, `only ${frames.length} kinds of frames`);
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(2) });
  const alpha = await host(clock, lan, 'alpha', 1, 'secret');
  const beta = await host(clock, lan, 'beta', 2, 'secret');
  const attacker = lan.connect('attacker', { receive() {}, carrierChanged() {} });
  clock.advanceSync(8000);
  const states = (): string[] => [alpha.vhid.state, beta.vhid.state];
  assert.deepEqual(states(), ['MASTER', 'BACKUP']);
  const burst = fuzzProperty({
    input: fc.array(bend(frames), { minLength: BURST, maxLength: BURST }),
    check: (sent) => {
      for (const frame of sent) attacker.transmit(frame);
      clock.advanceSync(200);
      assert.deepEqual(states(), ['MASTER', 'BACKUP']);
    },
    size: BURST,
    usual: 1500,
    reached: () => assertBent(alpha),
  });
  return {
    properties: { burst },
    [Symbol.asyncDispose]: async () => {
      for (const { kernel } of [alpha, beta]) await kernel.shutdown();
    },
  };
}

function assertBent({ ifp, kernel }: Awaited<ReturnType<typeof host>>): void {
  const kinds = ['badIp', 'otherHost', 'badNd', 'badArp', 'badFrame', 'fragment'] as const;
  for (const kind of kinds)
    assert.ok(ifp.counters[kind] > 0, `no frame was refused as ${kind}: the bending is too tame`);
  for (const cause of ['badauth', 'badsum'] as const) {
    const counted = Number(kernel.sysctl.get(`net.inet.carp.stats.${cause}`)?.value);
    assert.ok(counted > 0, `no advertisement was refused as ${cause}: the bending is too tame`);
  }
}

export const target: FuzzTarget = {
  about: 'frames of any kind against two whole hosts with CARP: none moves the address',
  open,
};
