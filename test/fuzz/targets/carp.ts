import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { type CarpCounterName, type CarpVhidOptions } from '../../../modules/carp/index.js';
import {
  IfnetModule,
  InetAddress,
  type IpPacket,
  type IpSocketOptions,
} from '../../../modules/ifnet/index.js';
import { advertisements } from '../../modules/carp/support/advertisement.js';
import { REFUSALS } from '../../modules/carp/support/refusals.js';
import { sealedAdvertisements } from '../../modules/carp/support/seal.js';
import { SHARED, World } from '../../modules/carp/support/world.js';
import { mutants } from '../mutation.js';
import { repairCarp } from '../repair.js';
import { type FuzzProperty, type FuzzTarget, fuzzProperty } from '../target.js';

const OPTIONS = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
const PEER = '10.88.0.2';
const SOURCES = [PEER, '10.88.0.3', '10.88.0.66', '0.0.0.0', '255.255.255.255', '10.88.0.1'];
/** Recorded before the attack. */
const RECORDED = 400;

const REFUSED: ReadonlySet<string> = new Set(REFUSALS);

/** The input of a BACKUP's socket, and what it counts. */
async function receiver(world: World, options: Partial<CarpVhidOptions>) {
  const host = await world.host();
  const eth0 = host.kernel.get(IfnetModule).byName('eth0')!;
  const openIp = eth0.openIp.bind(eth0);
  const opened: IpSocketOptions[] = [];
  eth0.openIp = (given) => {
    opened.push(given);
    return openIp(given);
  };
  const vhid = host.create({ ...OPTIONS, advskew: 200, advbase: 255, ...options });
  const heard = { count: 0 };
  host.kernel.eventhandler.register('carp_heard_event', () => void heard.count++);
  return { input: opened[0]!.input, vhid, statistics: host.carp.statistics, heard };
}

/** What the checks must say, written down once more: FreeBSD's carp_input_c with the digest of Node's crypto. */
function expectedRefusal(
  payload: Uint8Array,
  ttl: number,
  own: boolean,
): CarpCounterName | 'none' | undefined {
  const ofOurs = payload[1] === OPTIONS.vhid ? 'vrrp' : 'none';
  if (payload[0] === 0x31) return ofOurs;
  const addresses = payload[3]!;
  const isAdvertisement = payload.length === 36 && addresses === 7;
  if (payload[0] === 0x21 && !isAdvertisement && payload.length === 16 + 4 * addresses) return ofOurs;
  if (payload.length < 36) return 'badlen';
  if (payload[0]! >> 4 !== 2) return 'badver';
  if (payload[0] !== 0x21) return 'badtype';
  if (payload[1] !== OPTIONS.vhid) return 'badvhid';
  if (ttl < 255) return 'badttl';
  if (own) return 'looped';
  return sumOf(payload) === 0xffff ? undefined : 'badsum';
}

function sumOf(payload: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < 36; at += 2) sum += payload[at]! * 256 + payload[at + 1]!;
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536);
  return sum;
}

function isAuthentic(payload: Uint8Array): boolean {
  const hashed = Buffer.from([2, 1, OPTIONS.vhid, 10, 88, 0, 100]);
  const hmac = createHmac('sha1', OPTIONS.password).update(hashed).update(payload.subarray(8, 16));
  return hmac.digest().equals(payload.subarray(16, 36));
}

/** A packet, changed; its checksum and its digest may be made right again. */
const packet = (seeds: readonly Uint8Array[]) =>
  fc
    .tuple(
      mutants(seeds, { maxLength: 80 }),
      fc.constantFrom(...SOURCES),
      fc.constantFrom(255, 255, 255, 254, 1),
      fc.nat(3),
    )
    .map(([bytes, source, ttl, repair]) => {
      const payload = bytes.slice();
      if (repair > 1 && payload.length >= 36) sign(payload);
      if (repair > 0) repairCarp(payload);
      return { family: 4 as const, source: InetAddress.parse(source), ttl, payload };
    });

function sign(payload: Uint8Array): void {
  const hashed = Buffer.from([2, 1, OPTIONS.vhid, 10, 88, 0, 100]);
  const hmac = createHmac('sha1', OPTIONS.password).update(hashed).update(payload.subarray(8, 16));
  payload.set(hmac.digest(), 16);
}

async function checks(world: World): Promise<FuzzProperty> {
  const { input, statistics, heard } = await receiver(world, {});
  const make = advertisements(OPTIONS);
  const seeds = Array.from({ length: 8 }, (_, i) => make({ advskew: i * 30, counter: BigInt(i) << 40n }));
  const seen = new Map<string, number>();
  const check = (given: IpPacket): void => {
    const before = counted(statistics);
    const heardBefore = heard.count;
    input(given);
    world.advance(1);
    const [changed = 'none'] = Object.entries(counted(statistics)).flatMap(([name, value]) =>
      value === before[name] || !REFUSED.has(name) ? [] : [name],
    );
    seen.set(changed, (seen.get(changed) ?? 0) + 1);
    const expected = expectedRefusal(given.payload, given.ttl!, given.source.toString() === '10.88.0.1');
    if (expected !== undefined) assert.equal(changed, expected);
    else if (given.payload.length >= 36 && !isAuthentic(given.payload))
      assert.ok(['badauth', 'flooded'].includes(changed), changed);
    else assert.ok(!['badauth', 'badsum', 'badlen'].includes(changed), changed);
    if (changed !== 'none') assert.equal(heard.count, heardBefore, `${changed}, and heard`);
  };
  const reached = (): void => {
    for (const name of [
      'badlen',
      'badver',
      'badtype',
      'badvhid',
      'badttl',
      'badsum',
      'badauth',
      'vrrp',
      'replayed',
    ])
      assert.ok((seen.get(name) ?? 0) > 0, `no packet was counted as ${name}`);
    assert.ok(heard.count > 0, 'no packet was heard');
  };
  return fuzzProperty({ input: packet(seeds), check, usual: 5000, reached });
}

const counted = (statistics: object): Record<string, number> =>
  Object.fromEntries(Object.entries(statistics).map(([name, { value }]) => [name, value as number]));

/** Everything that was ever sent, altered at will where the digest allows it, from anywhere: nothing is heard twice. */
async function seals(world: World): Promise<FuzzProperty> {
  const { input, vhid, heard } = await receiver(world, { seal: 'require' });
  const seal = sealedAdvertisements(OPTIONS, PEER);
  const first = Math.floor((world.clock.wallTime() - Date.UTC(2026, 0, 1)) / 16);
  const recorded = Array.from({ length: RECORDED }, (_, i) => seal({ sequence: Math.max(0, first) + i }));
  const source = InetAddress.parse(PEER);
  for (const payload of recorded) input({ family: 4, source, ttl: 255, payload });
  const heardThen = heard.count;
  const { state } = vhid;
  const altered = fc
    .record({
      payload: fc.constantFrom(...recorded),
      advskew: fc.nat(255),
      demote: fc.nat(255),
      advbase: fc.nat(255),
      from: fc.constantFrom(...SOURCES),
    })
    .map(({ payload, advskew, demote, advbase, from }): IpPacket => {
      const copy = payload.slice();
      [copy[2], copy[4], copy[5]] = [advskew, demote, advbase];
      repairCarp(copy);
      return { family: 4, source: InetAddress.parse(from), ttl: 255, payload: copy };
    });
  const check = (given: IpPacket): void => {
    input(given);
    assert.equal(heard.count, heardThen, 'a recording was heard');
    assert.equal(vhid.state, state);
  };
  const reached = (): void => assert.ok(heardThen > 0, 'no advertisement was heard in the first place');
  return fuzzProperty({ input: altered, check, usual: 5000, reached });
}

export const target: FuzzTarget = {
  about: "advertisements, against Node's HMAC and a second reading of the checks; recordings of sealed ones",
  open: async () => {
    const world = new World();
    return {
      properties: { checks: await checks(world), seals: await seals(new World(2)) },
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  },
};
