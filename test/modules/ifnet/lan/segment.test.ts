import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom, VirtualClock } from '../../../../core/index.js';
import { broadcastLladdr, encodeEthernet } from '../../../../modules/ifnet/index.js';
import { Lan, type LanOptions, type LanPort } from '../../../../modules/ifnet/lan/index.js';

const TYPE = 0x88b5;

/** A station that writes down what it gets: `1@0.1` is a frame with first byte 1, arrived at 0.1 ms. */
class Station {
  readonly heard: string[] = [];
  readonly carrier: boolean[] = [];
  readonly port: LanPort;
  readonly lladdr: Uint8Array;

  constructor(
    private readonly lan: Lan,
    name: string,
  ) {
    this.lladdr = lan.nextLladdr();
    this.port = lan.connect(name, this);
  }

  receive(frame: Uint8Array): void {
    this.heard.push(`${frame[14]}@${this.lan.clock.now()}`);
  }

  carrierChanged(carrier: boolean): void {
    this.carrier.push(carrier);
  }

  send(to: Station | 'all', mark: number): void {
    const destination = to === 'all' ? broadcastLladdr() : to.lladdr;
    this.port.transmit(encodeEthernet(destination, this.lladdr, TYPE, Uint8Array.of(mark)));
  }

  get marks(): number[] {
    return this.heard.map((entry) => Number.parseInt(entry, 10));
  }
}

function segment(options: Partial<LanOptions> = {}, names = ['a', 'b', 'c']) {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1), ...options });
  const stations = names.map((name) => new Station(lan, name));
  const [a, b, c] = stations as [Station, Station, Station];
  return { clock, lan, stations, a, b, c };
}

describe('a segment', () => {
  it('floods a broadcast to everybody but its sender, after the latency', () => {
    const { clock, a, b, c } = segment({ latencyMs: 0.25 });
    a.send('all', 1);
    assert.deepEqual(b.heard, [], 'never within the call');
    clock.advanceSync(1);
    assert.deepEqual([a.heard, b.heard, c.heard], [[], ['1@0.25'], ['1@0.25']]);
  });

  it('is never re-entered by its own delivery, even without latency', () => {
    const { clock, a, b } = segment({ latencyMs: 0 });
    a.send('all', 1);
    assert.deepEqual(b.heard, []);
    clock.advanceSync(0);
    assert.deepEqual(b.heard, ['1@0']);
  });

  it('learns where an address is, and sends frames for it there alone', () => {
    const { clock, lan, a, b, c } = segment();
    a.send(b, 1);
    clock.advanceSync(1);
    assert.deepEqual([b.marks, c.marks], [[1], [1]], 'unknown: flooded');
    b.send(a, 2);
    a.send(b, 3);
    clock.advanceSync(1);
    assert.deepEqual([a.marks, b.marks, c.marks], [[2], [1, 3], [1]]);
    assert.equal(lan.learnt(b.lladdr, 'a'), b.port);
  });

  it('follows an address that moves, as soon as it is heard from there', () => {
    const { clock, lan, a, b, c } = segment();
    const shared = lan.nextLladdr();
    const announce = (from: Station): void => {
      from.port.transmit(encodeEthernet(broadcastLladdr(), shared, TYPE, Uint8Array.of(9)));
    };
    announce(b);
    assert.equal(lan.learnt(shared, 'a')?.name, 'b');
    announce(c);
    assert.equal(lan.learnt(shared, 'a')?.name, 'c');
    a.port.transmit(encodeEthernet(shared, a.lladdr, TYPE, Uint8Array.of(1)));
    clock.advanceSync(1);
    assert.deepEqual([b.marks, c.marks], [[9], [9, 1]]);
  });

  it('loses what one sends to the other while the way back works', () => {
    const { clock, lan, a, b, c } = segment();
    lan.block('a', 'b');
    a.send('all', 1);
    b.send('all', 2);
    clock.advanceSync(1);
    assert.deepEqual([a.marks, b.marks, c.marks], [[2], [], [1, 2]]);
    assert.equal(lan.counters.lost, 1);
    lan.unblock('a', 'b');
    a.send('all', 3);
    clock.advanceSync(1);
    assert.deepEqual(b.marks, [3]);
    assert.throws(() => lan.block('a', 'nobody'), /no port nobody/);
  });

  it('forgets an address after the ageing time', () => {
    const { clock, lan, a } = segment({ ageingMs: 1000 });
    a.send('all', 1);
    clock.advanceSync(1000);
    assert.equal(lan.learnt(a.lladdr, 'b'), a.port);
    clock.advanceSync(1);
    assert.equal(lan.learnt(a.lladdr, 'b'), undefined);
  });

  it('holds 4096 addresses, and forgets the one learnt first', () => {
    const { clock, lan, a, b } = segment();
    a.send('all', 1);
    const invented = (n: number): Uint8Array => Uint8Array.of(2, 0, 0, 9, n >> 8, n & 255);
    for (let n = 1; n < 4096; n++)
      b.port.transmit(encodeEthernet(broadcastLladdr(), invented(n), TYPE, Uint8Array.of(2)));
    clock.advanceSync(1);
    assert.equal(lan.learnt(a.lladdr, 'c'), a.port);
    b.port.transmit(encodeEthernet(broadcastLladdr(), invented(4096), TYPE, Uint8Array.of(2)));
    clock.advanceSync(1);
    assert.equal(lan.learnt(a.lladdr, 'c'), undefined);
    assert.equal(lan.learnt(invented(4096), 'c'), b.port);
    a.send('all', 1);
    clock.advanceSync(1);
    assert.equal(lan.learnt(a.lladdr, 'c'), a.port);
  });

  it('keeps a copy of the frame: the sender may use its bytes again', () => {
    const { clock, a, b } = segment();
    const frame = encodeEthernet(broadcastLladdr(), a.lladdr, TYPE, Uint8Array.of(1));
    a.port.transmit(frame);
    frame[14] = 2;
    clock.advanceSync(1);
    assert.deepEqual(b.marks, [1]);
  });

  it('drops and counts what is no frame', () => {
    const { clock, lan, a, b } = segment();
    a.port.transmit(new Uint8Array(13));
    clock.advanceSync(1);
    assert.deepEqual(b.heard, []);
    assert.equal(lan.counters.runt, 1);
  });

  it('shows every frame to its taps until they are disposed', () => {
    const { lan, a, b } = segment();
    const seen: string[] = [];
    const tap = lan.tap(({ port, time, frame }) => seen.push(`${port.name} ${time} ${frame.length}`));
    a.send('all', 1);
    b.send(a, 2);
    tap[Symbol.dispose]();
    a.send('all', 3);
    assert.deepEqual(seen, ['a 0 15', 'b 0 15']);
  });

  it('leaves nothing armed when it is disposed', () => {
    const { clock, lan, a, b } = segment();
    a.send('all', 1);
    assert.equal(lan.inFlight, 2);
    lan[Symbol.dispose]();
    assert.equal(clock.armed, 0);
    a.send('all', 2);
    clock.advanceSync(10);
    assert.deepEqual(b.heard, []);
  });

  it('delivers the last frame of a station that was unplugged right after it', () => {
    const { clock, a, b } = segment();
    a.send('all', 1);
    a.port[Symbol.dispose]();
    clock.advanceSync(1);
    assert.deepEqual(b.marks, [1]);
  });

  it('says which port or setting is wrong', () => {
    const { lan } = segment();
    assert.throws(() => lan.cut('nobody'), {
      code: 'ELAN',
      message: 'lan: no port nobody; there are: a, b, c',
    });
    assert.throws(() => lan.impair({ loss: 1.5 }), { code: 'ELAN', message: /loss is 1\.5/ });
    assert.throws(() => lan.impair({ latencyMs: Number.NaN }), { code: 'ELAN' });
    assert.throws(() => lan.partition(['a'], ['a', 'b']), { code: 'ELAN' });
    assert.throws(() => lan.connect('a', { receive() {}, carrierChanged() {} }), { code: 'ELAN' });
  });
});

describe('a cable', () => {
  it('when cut takes the carrier, and with it what is under way and what is sent', () => {
    const { clock, lan, a, b, c } = segment();
    a.send('all', 1);
    lan.cut('b');
    a.send('all', 2);
    b.send('all', 3);
    clock.advanceSync(1);
    assert.deepEqual([b.heard, c.marks, a.marks], [[], [1, 2], []]);
    assert.deepEqual(b.carrier, [false]);
    assert.equal(b.port.counters.noCarrier, 1);
    assert.equal(lan.counters.cut, 1);
  });

  it('tells of an edge once', () => {
    const { lan, b } = segment();
    for (const change of ['cut', 'cut', 'mend', 'mend'] as const) lan[change](b.port);
    assert.deepEqual(b.carrier, [false, true]);
  });

  it('when cut makes the switch forget what was behind it', () => {
    const { lan, b } = segment();
    b.send('all', 1);
    lan.cut('b');
    assert.equal(lan.learnt(b.lladdr, 'a'), undefined);
  });

  it('may be impaired by itself, in one direction', () => {
    const { clock, a, b, c } = segment();
    b.port.impair({ tx: { loss: 1 } });
    b.send('all', 1);
    a.send('all', 2);
    clock.advanceSync(1);
    assert.deepEqual([a.marks, b.marks, c.marks], [[], [2], [2]], 'b hears and is not heard');
    b.port.impair({});
    b.send('all', 3);
    clock.advanceSync(1);
    assert.deepEqual(a.marks, [3]);
  });
});

describe('a partition', () => {
  it('divides without taking a carrier, and heals', () => {
    const { clock, lan, a, b, c } = segment({}, ['a', 'b', 'c', 'd']);
    lan.partition(['a', 'b']);
    a.send('all', 1);
    c.send('all', 2);
    clock.advanceSync(1);
    assert.deepEqual([a.marks, b.marks, c.marks], [[], [1], []]);
    assert.deepEqual(b.carrier, []);
    assert.deepEqual([lan.connected('a', 'b'), lan.connected('a', 'c')], [true, false]);
    lan.heal();
    a.send('all', 3);
    clock.advanceSync(1);
    assert.deepEqual(c.marks, [3]);
  });

  it('has a forwarding table on each side', () => {
    const { lan, a, b, c } = segment();
    lan.partition(['a']);
    const shared = lan.nextLladdr();
    for (const station of [a, b]) {
      station.port.transmit(encodeEthernet(broadcastLladdr(), shared, TYPE, Uint8Array.of(1)));
    }
    assert.equal(lan.learnt(shared, a.port), a.port);
    assert.equal(lan.learnt(shared, c.port), b.port);
  });

  it('loses what was under way across it', () => {
    const { clock, lan, a, b } = segment();
    a.send('all', 1);
    lan.partition(['a']);
    clock.advanceSync(1);
    assert.deepEqual(b.heard, []);
  });
});

describe('impairments', () => {
  const COUNT = 2000;

  function traffic(options: Partial<LanOptions>): { marks: number[]; heard: string[]; lan: Lan } {
    const { clock, lan, a, b } = segment(options, ['a', 'b']);
    for (let i = 0; i < COUNT; i++) {
      a.send('all', i % 256);
      clock.advanceSync(1);
    }
    clock.advanceSync(1000);
    return { marks: b.marks, heard: b.heard, lan };
  }

  const inOrder = (marks: number[]): boolean => marks.every((mark, i) => mark === i % 256);

  it('lose about the share of frames that is asked for', () => {
    const { marks, lan } = traffic({ loss: 0.2 });
    assert.ok(Math.abs(marks.length / COUNT - 0.8) < 0.03, `${marks.length} of ${COUNT} arrived`);
    assert.equal(marks.length + lan.counters.lost, COUNT);
  });

  it('lose all with 1 and none with 0', () => {
    assert.equal(traffic({ loss: 1 }).marks.length, 0);
    assert.ok(inOrder(traffic({ loss: 0 }).marks));
  });

  it('duplicate', () => {
    const { marks, lan } = traffic({ duplicate: 0.5 });
    assert.equal(marks.length, COUNT + lan.counters.duplicated);
    assert.ok(Math.abs(lan.counters.duplicated / COUNT - 0.5) < 0.04);
  });

  it('jitter without changing the order', () => {
    const { marks, heard } = traffic({ latencyMs: 1, jitterMs: 20 });
    assert.ok(inOrder(marks));
    const delays = new Set(heard.map((entry, i) => (Number(entry.split('@')[1]) - i).toFixed(1)));
    assert.ok(delays.size > 50, 'the delays differ');
  });

  it('reorder', () => {
    const { marks, lan } = traffic({ latencyMs: 2, reorder: 0.1 });
    assert.equal(marks.length, COUNT);
    assert.ok(!inOrder(marks));
    assert.ok(lan.counters.reordered > COUNT * 0.07);
  });

  it('repeat exactly from the seed, and differ with another', () => {
    const options = { latencyMs: 1, jitterMs: 5, loss: 0.1, duplicate: 0.1, reorder: 0.1 };
    const once = traffic({ ...options, random: seededRandom('x') }).heard;
    assert.deepEqual(traffic({ ...options, random: seededRandom('x') }).heard, once);
    assert.notDeepEqual(traffic({ ...options, random: seededRandom('y') }).heard, once);
  });
});
