/** A stranger on the link, without the password, against two carpets on real interfaces (review of attacks, H2 to H4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { encodeEthernet, encodeIpv4, InetAddress, internetChecksum } from '../../modules/ifnet/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace } from './support/index.js';
import { Wiretap } from './support/wiretap.js';

const skip = needs('root', 'netns', 'program:ip');
const GROUP_LLADDR = Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12);
const STRANGER = Uint8Array.of(2, 0, 0, 0, 0, 0x66);
const base = { ifname: 'eth0', vhid: 7, password: 'secret', addresses: ['10.88.0.100/24'] };

/** A protocol 112 packet to the group, from whatever address. */
function frame(source: string, payload: Uint8Array): Uint8Array {
  const header = {
    source: InetAddress.parse(source).bytes,
    destination: InetAddress.parse('224.0.0.18').bytes,
    protocol: 112,
    ttl: 255,
    tos: 0,
    id: 1,
  };
  return encodeEthernet(GROUP_LLADDR, STRANGER, 0x0800, encodeIpv4(header, payload));
}

/** With other timers and a checksum that is right: the digest covers neither. */
function altered(advertisement: Uint8Array, advbase: number, advskew: number): Uint8Array {
  const copy = advertisement.slice();
  copy[5] = advbase;
  copy[2] = advskew;
  copy.set([0, 0], 6);
  const sum = internetChecksum(copy);
  copy.set([sum >> 8, sum & 0xff], 6);
  return copy;
}

interface Siege {
  readonly first: CarpetCarp;
  readonly second: CarpetCarp;
  readonly tap: Wiretap;
  /** The advertisements that the stranger has heard so far. */
  readonly recorded: () => Uint8Array[];
}

async function siege(lab: Laboratory, options: Partial<CarpVhidOptions>): Promise<Siege> {
  const [a, b, x] = ['a', 'b', 'x'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${[1, 2, 66][i]}/24`], ipv6: false }),
  ) as [Namespace, Namespace, Namespace];
  const first = new CarpetCarp(a, [{ ...base, ...options }]);
  await first.reaches('MASTER', 8000);
  const second = new CarpetCarp(b, [{ ...base, ...options, advskew: 100 }]);
  await second.reaches('BACKUP', 8000);
  const tap = new Wiretap(x, 'eth0');
  const recorded = (): Uint8Array[] =>
    tap.frames().flatMap((each) => (each[23] === 112 && each[34] === 0x21 ? [each.slice(34, 70)] : []));
  return { first, second, tap, recorded };
}

const changes = ({ lines }: CarpetCarp): number => lines.filter(({ event }) => event === 'state').length;

test('wrong advertisements by the thousand under the address of the BACKUP do not make the MASTER deaf to it', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const { first, second, tap } = await siege(lab, {});
  using _ = tap;
  const garbage = Uint8Array.from({ length: 36 }, (_each, i) => [0x21, 7, 0, 7][i] ?? i);
  const wrong = frame('10.88.0.2', altered(garbage, 1, 0));
  for (let i = 0; i < 3000; i++) {
    tap.inject(wrong);
    if (i % 25 === 24) await elapse(5);
  }
  const { statistics } = (await first.status()) as unknown as { statistics: Record<string, number> };
  assert.ok(statistics['badauth']! > 2000, String(statistics['badauth']));
  const known = first.lines.length;
  first.program.kill('SIGUSR2');
  await second.reaches('MASTER', 3000);
  await first.reaches('BACKUP', 3000, known);
  await elapse(5000);
  assert.deepEqual([first.state(), second.state()], ['BACKUP', 'MASTER']);
});

for (const replay of ['window', 'strict'] as const) {
  test(`recordings, however old and from wherever, change nothing: ${replay}`, { skip }, async (t) => {
    const lab = Laboratory.open(t);
    // 0.2 s between advertisements: soon there are more than anything remembers one by one.
    const { first, second, tap, recorded } = await siege(lab, { advbase: 0, advskew: 50, replay });
    using _ = tap;
    await elapse(12_000);
    const words = recorded();
    assert.ok(words.length > 40, `${words.length} recorded`);
    const before = [changes(first), changes(second)];
    for (const [i, word] of words.entries()) {
      for (const source of [`10.88.0.${100 + i}`, '10.88.0.1', '10.88.0.2']) {
        tap.inject(frame(source, altered(word, 0, 0)));
        tap.inject(frame(source, altered(word, 255, 255)));
      }
      await elapse(100);
    }
    await elapse(1500);
    assert.deepEqual([changes(first), changes(second)], before);
    // The master dies, and its last word is repeated for ever.
    const last = recorded().at(-1) ?? words.at(-1)!;
    first.program.kill('SIGKILL');
    const died = Date.now();
    while (second.state() !== 'MASTER' && Date.now() - died < 6000) {
      tap.inject(frame('10.88.0.1', last));
      await elapse(100);
    }
    assert.equal(second.state(), 'MASTER');
    assert.ok(Date.now() - died < 2500, `after ${Date.now() - died} ms; its dead time is 1.2 s`);
  });
}
