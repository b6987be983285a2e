/** The ring's headers, laid out by hand, against a kernel that follows their pointers. */
import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AF_PACKET, Libc, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET } from '../../../modules/libc/index.js';
import { MessageRing } from '../../../modules/libc/message-ring.js';
import { needs } from '../../support/needs.js';
import { type Datagram, ReceivingKernel } from './support/receiving-kernel.js';

const ROOM = { count: 8, size: 64, name: 28, control: 40 };

function makeRing(room = ROOM): { kernel: ReceivingKernel; ring: MessageRing } {
  const kernel = new ReceivingKernel();
  return { kernel, ring: new MessageRing(kernel, room) };
}

/** A datagram of these lengths, of bytes that tell it from others. */
const datagram = (byte: number, length: number, name = ROOM.name, control = ROOM.control): Datagram => ({
  bytes: new Uint8Array(length).fill(byte),
  name: new Uint8Array(name).fill(byte + 1),
  control: new Uint8Array(control).fill(byte + 2),
});

/** That the slot holds this one, whole or as much of it as there is room for. */
function assertHolds(ring: MessageRing, slot: number, { bytes, name, control }: Datagram): void {
  if (bytes.length > ROOM.size) {
    assert.equal(ring.length(slot), undefined);
    assert.equal(ring.datagram(slot), undefined);
  } else {
    assert.equal(ring.length(slot), bytes.length);
    assert.deepEqual(Uint8Array.from(ring.datagram(slot)!), bytes);
    assert.deepEqual(ring.bytes.slice(ring.start(slot), ring.start(slot) + bytes.length), bytes);
  }
  assert.deepEqual(Uint8Array.from(ring.sender(slot).subarray(0, name!.length)), name);
  assert.deepEqual(Uint8Array.from(ring.control(slot)), control!.slice(0, ROOM.control));
}

/** The driver's own conditions: where they do not hold, there is no kernel to ask. */
const runsHere = process.platform === 'linux' && endianness() === 'LE' && process.arch.endsWith('64');

describe('a receive ring', () => {
  it('gives every slot its datagram, sender and control data', () => {
    const { kernel, ring } = makeRing();
    const arrived = Array.from({ length: ROOM.count }, (_, i) => datagram(10 * i, 8 * i, 28, 5 * i));
    kernel.queue.push(...arrived);
    assert.equal(ring.read(0), ROOM.count);
    arrived.forEach((each, slot) => assertHolds(ring, slot, each));
  });

  it('has no length for what was longer than its slot, and its neighbours are whole', () => {
    const { kernel, ring } = makeRing();
    const arrived = [63, 65, 64, 1000, 0].map((length, i) => datagram(10 * i, length));
    kernel.queue.push(...arrived);
    assert.equal(ring.read(0), 5);
    assert.deepEqual(
      arrived.map((_, slot) => ring.length(slot)),
      [63, undefined, 64, undefined, 0],
    );
    arrived.forEach((each, slot) => assertHolds(ring, slot, each));
  });

  it('tells a long datagram from one whose control data did not fit', () => {
    const { kernel, ring } = makeRing();
    const cut = datagram(7, 20, 28, ROOM.control + 8);
    kernel.queue.push(cut);
    ring.read(0);
    assertHolds(ring, 0, cut);
  });

  it('offers the whole room again after short ones, in as many slots as were used', () => {
    const { kernel, ring } = makeRing();
    const full = Array.from({ length: ROOM.count }, (_, i) => datagram(10 * i, ROOM.size));
    for (let used = 1; used <= ROOM.count; used++) {
      kernel.queue.push(...Array.from({ length: used }, () => datagram(200, 1, 4, 0)));
      assert.equal(ring.read(0), used);
      kernel.queue.push(...full);
      assert.equal(ring.read(0), ROOM.count);
      full.forEach((each, slot) => assertHolds(ring, slot, each));
    }
  });

  it('reads nothing as 0, lets an error out, and offers the whole room again after both', () => {
    const { kernel, ring } = makeRing();
    const overrun = new Error('ENOBUFS');
    for (const before of [[], [datagram(200, 1, 4, 0), datagram(200, 1, 4, 0)]]) {
      kernel.queue.push(...before);
      assert.equal(ring.read(0), before.length);
      assert.equal(ring.read(0), 0);
      const full = [datagram(1, ROOM.size), datagram(5, ROOM.size)];
      kernel.queue.push(...full, overrun, ...full);
      assert.equal(ring.read(0), 2);
      full.forEach((each, slot) => assertHolds(ring, slot, each));
      assert.throws(
        () => ring.read(0),
        (error) => error === overrun,
      );
      assert.equal(ring.read(0), 2);
      full.forEach((each, slot) => assertHolds(ring, slot, each));
    }
  });

  it('asks for as many as its limit, and never for more than it has slots', () => {
    const { kernel, ring } = makeRing();
    for (const [limit, asked] of [
      [undefined, 8],
      [3, 3],
      [8, 8],
      [9, 8],
    ] as const) {
      kernel.queue.splice(0, Infinity, ...Array.from({ length: 20 }, () => datagram(1, 1)));
      assert.equal(ring.read(0, limit), asked);
      assert.equal(kernel.asked, asked);
      assert.equal(kernel.queue.length, 20 - asked);
    }
  });

  it('has no room for senders and control data where none was asked for', () => {
    const { kernel, ring } = makeRing({ count: 2, size: 16, name: 0, control: 0 });
    for (let round = 0; round < 2; round++) {
      kernel.queue.push(datagram(1, 4), datagram(2, 5));
      assert.equal(ring.read(0), 2);
      assert.deepEqual([ring.length(0), ring.length(1)], [4, 5]);
      assert.deepEqual([ring.sender(1).length, ring.control(1).length], [0, 0]);
    }
  });

  it('keeps to that in any order of full, short, empty and failing reads', () => {
    const arrival = fc
      .tuple(fc.nat(200), fc.nat(ROOM.size + 4), fc.nat(ROOM.name), fc.nat(ROOM.control + 8))
      .map((lengths) => datagram(...lengths));
    const failure = fc.constant(new Error('ENETDOWN'));
    const reads = fc.array(
      fc.record({
        arrivals: fc.oneof({ arbitrary: fc.array(arrival), weight: 4 }, { arbitrary: failure, weight: 1 }),
        limit: fc.integer({ min: 1, max: ROOM.count + 1 }),
      }),
    );
    fc.assert(
      fc.property(reads, (history) => {
        const { kernel, ring } = makeRing();
        for (const { arrivals, limit } of history) {
          kernel.queue.splice(0, Infinity, ...[arrivals].flat());
          if (arrivals instanceof Error) {
            assert.throws(() => ring.read(0, limit), arrivals);
            continue;
          }
          const count = Math.min(arrivals.length, limit, ROOM.count);
          assert.equal(ring.read(0, limit), count);
          for (let slot = 0; slot < count; slot++) assertHolds(ring, slot, arrivals[slot]!);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('means the same to the real kernel', { skip: !runsHere }, () => {
    const libc = Libc.load();
    const [AF_UNIX, SOCK_DGRAM, SO_PASSCRED, SCM_CREDENTIALS] = [1, 2, 16, 2];
    const names = ['there', 'here'].map((name) => Buffer.from(`\x01\0\0carpet ${process.pid} ${name}`));
    const [from, to] = names.map((name) => {
      const fd = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
      libc.bind(fd, name);
      return fd;
    });
    try {
      libc.setsockopt(to!, SOL_SOCKET, SO_PASSCRED, 1);
      const ring = new MessageRing(libc, { ...ROOM, name: 110 });
      for (let round = 0; round < 2; round++) {
        const arrived = [63, 65, 64, 0].map((length) => new Uint8Array(length).fill(length + round));
        for (const bytes of arrived) libc.sendto(from!, bytes, names[1]!);
        assert.equal(ring.read(to!, 3), 3);
        assert.equal(ring.read(to!), 1);
        assert.equal(ring.read(to!), 0);
        for (const bytes of arrived) libc.sendto(from!, bytes, names[1]!);
        assert.equal(ring.read(to!), 4);
        arrived.forEach((bytes, slot) => {
          const whole = bytes.length <= ROOM.size ? Buffer.from(bytes) : undefined;
          assert.deepEqual(ring.datagram(slot), whole);
          assert.deepEqual(ring.sender(slot).subarray(0, names[0]!.length), names[0]);
          const control = ring.control(slot);
          const fields = [0, 8, 12, 16].map((at) => control.readInt32LE(at));
          assert.deepEqual(fields, [28, SOL_SOCKET, SCM_CREDENTIALS, process.pid]);
        });
      }
    } finally {
      for (const fd of [from!, to!]) libc.close(fd);
    }
  });
});

describe('a receive ring and a real socket', () => {
  const skip = needs('root', 'native');

  it('asks a packet socket for nothing that it refuses', { skip }, () => {
    const libc = Libc.load();
    const ring = new MessageRing(libc, ROOM);
    const fd = libc.open(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0, () => {});
    try {
      assert.equal(ring.read(fd), 0);
      assert.throws(() => new MessageRing(libc, { ...ROOM, descriptors: true }).read(fd), /EINVAL/);
    } finally {
      libc.close(fd);
    }
  });
});
