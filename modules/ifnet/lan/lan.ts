/**
 * @module
 * The life of a frame on the virtual segment.
 *
 * `transmit` learns the source, chooses the ports, calls the taps and draws each receiver's fate from the random
 * generator, all within the call; arrival is always later, by a callout, even with a latency of 0. A frame whose
 * receiver lost its cable or its island while it was under way is lost. Cutting or mending a cable reports the carrier
 * to the station within the call.
 *
 * Frames between two ports keep their order unless `reorder` strikes. Everything random comes from the generator
 * given, in the order of the calls, so a run on a virtual clock repeats bit for bit from its seed.
 *
 * Not modelled: bandwidth and queues, half duplex and collisions, VLAN tags (forwarded, not understood), spanning
 * tree delays, IGMP snooping (multicast is flooded, as on a switch without it).
 */
import { CarpetError } from '../../../core/errors.js';
import type { Random } from '../../../core/random.js';
import type { Callout, Clock } from '../../../core/time/index.js';
import { ETHER_HDR_LEN } from '../wire/index.js';
import { FrameReader } from './frame-reader.js';
import { checkImpairment, type Impairment, impair, type Passage } from './impairment.js';
import { LanPort, type LanStation } from './port.js';
import { Topology } from './topology.js';
import { type Fate, LanTrace, type TracedFrame } from './trace.js';

/** A segment to be made. */
export interface LanOptions extends Impairment {
  /** The clock frames travel on: on the virtual clock, the one that all kernels on this segment share. */
  readonly clock: Clock;
  readonly random: Random;
  readonly name?: string;
  /** How long the switch remembers an address in milliseconds; 300000 if not given, as Linux's bridge. */
  readonly ageingMs?: number;
}

/** A frame as a tap sees it: when it entered the segment and where. `frame` must not be changed. */
export interface LanCapture {
  /** The segment's clock, in milliseconds. */
  readonly time: number;
  readonly port: LanPort;
  readonly frame: Uint8Array;
}

/** A frame on its way to some ports, at which it arrives at one moment. */
interface Flight {
  readonly callout: Callout;
  from: LanPort;
  frame: Uint8Array;
  readonly to: LanPort[];
  /** Those who watch it. */
  traced: readonly TracedFrame[];
  at: number;
}

const NOBODY: readonly TracedFrame[] = [];
const NOTHING = new Uint8Array(0);

/** A small switch and short cables. */
const DEFAULT_LATENCY_MS = 0.1;

/**
 * A virtual Ethernet segment: a learning switch, the cables in its ports, and what cables do to frames. Several kernels in
 * one process share it, each through an `Ifnet` that `LanDriver` makes; a test or a program may also connect a station of
 * its own.
 */
export class Lan implements Disposable {
  readonly name: string;
  readonly clock: Clock;
  /** @internal For the stations' interfaces. */
  readonly reader = new FrameReader();
  /**
   * `sent`: frames that entered the switch. `delivered`, `lost`, `duplicated`, `reordered`: per receiver;
   * `cut`: lost because the receiver's cable or island went while the frame was under way; `runt`: too short.
   */
  readonly counters = { sent: 0, delivered: 0, lost: 0, duplicated: 0, reordered: 0, cut: 0, runt: 0 };
  readonly #random: Random;
  readonly #flights = new Set<Flight>();
  /** Flights that have ended, to be used again: frames are many. */
  readonly #landed: Flight[] = [];
  readonly #passage: Passage = { lost: false, delay: 0, duplicated: false, reordered: false };
  readonly #label: string;
  readonly #ports = new Map<string, LanPort>();
  readonly #topology: Topology;
  readonly #taps = new Set<(capture: LanCapture) => void>();
  readonly #traces = new Set<LanTrace>();
  #serial = 0;
  #wire: Impairment;

  constructor({ clock, random, name = 'lan', ageingMs = 300_000, ...wire }: LanOptions) {
    this.name = name;
    this.#label = `${name} frame`;
    this.clock = clock;
    this.#random = random;
    this.#wire = checkImpairment({ latencyMs: DEFAULT_LATENCY_MS, ...wire });
    this.#topology = new Topology(ageingMs);
  }

  /** The ports, in the order in which they were connected. */
  get ports(): readonly LanPort[] {
    return [...this.#ports.values()];
  }

  /** Frames that are on the wire now. */
  get inFlight(): number {
    let frames = 0;
    for (const { to } of this.#flights) frames += to.length;
    return frames;
  }

  /** Changes what the segment does to frames from now on; settings that are not named stay. */
  impair(wire: Impairment): void {
    this.#wire = checkImpairment({ ...this.#wire, ...wire });
  }

  /** Plugs a station in. @param name unique on the segment. @throws CarpetError ELAN */
  connect(name: string, station: LanStation): LanPort {
    if (this.#ports.has(name))
      throw new CarpetError('ELAN', `${this.name}: port ${name} is already connected`);
    const port = new LanPort(name, station, this);
    this.#ports.set(name, port);
    this.#topology.add(port);
    return port;
  }

  /** A link-layer address that is locally administered and new on this segment: 02:00:00:00:00:01 and so on. */
  nextLladdr(): Uint8Array {
    const serial = ++this.#serial;
    return Uint8Array.of(2, 0, 0, (serial >> 16) & 0xff, (serial >> 8) & 0xff, serial & 0xff);
  }

  /** The port of that name. @throws CarpetError ELAN, which names the ports there are */
  port(port: LanPort | string): LanPort {
    const name = typeof port === 'string' ? port : port.name;
    const found = this.#ports.get(name);
    if (found !== undefined) return found;
    const names = [...this.#ports.keys()].join(', ') || 'none';
    throw new CarpetError('ELAN', `${this.name}: no port ${name}; there are: ${names}`);
  }

  /** Cuts a port's cable: both ends lose the carrier, what is under way to it is lost. */
  cut(port: LanPort | string): void {
    this.#setCarrier(this.port(port), false);
  }

  /** Mends a cut cable. */
  mend(port: LanPort | string): void {
    this.#setCarrier(this.port(port), true);
  }

  #setCarrier(port: LanPort, carrier: boolean): void {
    if (port.carrier === carrier) return;
    port.carrier = carrier;
    this.#topology.of(port)?.forget(port);
    port.station.carrierChanged(carrier);
  }

  /**
   * Divides the segment between switches: ports of one group reach each other and no others; ports in no group are
   * one more group. No station loses its carrier, which makes a partition worse than a cut cable.
   *
   * @throws CarpetError ELAN for a port that does not exist, or is in two groups
   */
  partition(...groups: readonly (readonly (LanPort | string)[])[]): void {
    const named = groups.map((group) => group.map((port) => this.port(port)));
    const all = named.flat();
    if (new Set(all).size !== all.length)
      throw new CarpetError('ELAN', `${this.name}: a port is in two groups`);
    this.#topology.divide(named);
  }

  /** Ends a partition. Every switch has forgotten what it learnt, as after a change of topology. */
  heal(): void {
    this.#topology.divide([]);
  }

  /**
   * Loses all that one port sends to another, while the way back works: half of a connection that a switch or a radio
   * keeps. Until {@link unblock}; `heal` does not end it.
   */
  block(from: LanPort | string, to: LanPort | string): void {
    this.port(to).blocked.add(this.port(from));
  }

  /** Ends {@link block}. */
  unblock(from: LanPort | string, to: LanPort | string): void {
    this.port(to).blocked.delete(this.port(from));
  }

  /** Whether frames from one port can reach the other now, as far as cables and partitions go. */
  connected(a: LanPort | string, b: LanPort | string): boolean {
    const [from, to] = [this.port(a), this.port(b)];
    return from.carrier && to.carrier && this.#topology.of(from) === this.#topology.of(to);
  }

  /** The port behind which the switch that `asking` sits on has seen a link-layer address. */
  learnt(lladdr: Uint8Array, asking: LanPort | string): LanPort | undefined {
    return this.#topology.of(this.port(asking))?.lookup(lladdr, this.clock.now());
  }

  /** Calls `observer` with every frame as it enters the segment, until the tap is disposed. */
  tap(observer: (capture: LanCapture) => void): Disposable {
    this.#taps.add(observer);
    return { [Symbol.dispose]: () => void this.#taps.delete(observer) };
  }

  /**
   * Writes one line for each frame, in tcpdump's manner, until disposed: when it was sent, by which port, to which
   * link-layer address, what it is (ARP, neighbour discovery, a CARP advertisement with its vhid, advbase and advskew …),
   * and for each receiver whether it was delivered, or why not. A line is written when the frame has met its fate
   * everywhere, so after a delay the lines are in the order of the last arrivals.
   *
   *     using trace = lan.trace(console.log);
   */
  trace(write: (line: string) => void): Disposable {
    const trace = new LanTrace(write);
    this.#traces.add(trace);
    return { [Symbol.dispose]: () => void this.#traces.delete(trace) };
  }

  /** @internal For `LanPort`. */
  refuse(from: LanPort, frame: Uint8Array, reason: string): void {
    for (const trace of this.#traces) trace.refused(this.clock.now(), from, frame, reason);
  }

  /** @internal For `LanPort`. */
  forward(from: LanPort, frame: Uint8Array): void {
    const island = this.#topology.of(from);
    if (island === undefined) return this.refuse(from, frame, 'the port is unplugged');
    if (frame.length < ETHER_HDR_LEN) {
      this.counters.runt++;
      return this.refuse(from, frame, 'shorter than an Ethernet header');
    }
    const time = this.clock.now();
    this.counters.sent++;
    island.learn(frame, from, time);
    for (const tap of this.#taps) tap({ time, port: from, frame });
    const receivers = island.egress(frame, from, time);
    const traced =
      this.#traces.size === 0
        ? NOBODY
        : [...this.#traces].map((trace) => trace.sent(time, from, frame, receivers));
    let flight: Flight | undefined;
    for (const to of receivers) flight = this.#launch(from, to, frame, traced, flight);
  }

  /** @param last the flight of the same frame that was launched before this one. @returns the last one now */
  #launch(
    from: LanPort,
    to: LanPort,
    frame: Uint8Array,
    traced: readonly TracedFrame[],
    last: Flight | undefined,
  ): Flight | undefined {
    const passage = this.#pass(from, to);
    if (passage.lost) {
      this.counters.lost++;
      settle(traced, to, 'lost');
      return last;
    }
    let at = this.clock.now() + passage.delay;
    if (passage.reordered) this.counters.reordered++;
    else {
      at = Math.max(at, to.lastArrival.get(from) ?? 0);
      to.lastArrival.set(from, at);
    }
    const flight = this.#board(at, from, to, frame, traced, last);
    if (!passage.duplicated) return flight;
    this.counters.duplicated++;
    return this.#board(at, from, to, frame, NOBODY, flight);
  }

  /** What becomes of a frame between two ports. */
  #pass(from: LanPort, to: LanPort): Passage {
    const passage = this.#passage;
    passage.lost = to.blocked.has(from);
    passage.delay = 0;
    passage.duplicated = passage.reordered = false;
    impair(passage, this.#wire, this.#random);
    impair(passage, from.tx, this.#random);
    impair(passage, to.rx, this.#random);
    return passage;
  }

  /**
   * With the last flight, if that arrives at the same moment: nothing can come between. The clock keeps callouts of one
   * instant in the order in which they were armed, and so frames in theirs.
   */
  #board(
    at: number,
    from: LanPort,
    to: LanPort,
    frame: Uint8Array,
    traced: readonly TracedFrame[],
    last: Flight | undefined,
  ): Flight {
    if (last?.at === at && last.traced === traced) {
      last.to.push(to);
      return last;
    }
    const flight = this.#landed.pop() ?? this.#makeFlight(from);
    flight.from = from;
    flight.frame = frame;
    flight.traced = traced;
    flight.at = at;
    flight.to.push(to);
    this.#flights.add(flight);
    flight.callout.resetAt(at);
    return flight;
  }

  #makeFlight(from: LanPort): Flight {
    const callout = this.clock.callout(this.#label, () => this.#land(flight));
    const flight: Flight = { callout, from, frame: NOTHING, to: [], traced: NOBODY, at: 0 };
    return flight;
  }

  #land(flight: Flight): void {
    this.#flights.delete(flight);
    const { from, to, frame, traced } = flight;
    const receivers = to.splice(0);
    this.#landed.push(flight);
    for (const port of receivers) this.#arrive(from, port, frame, traced);
  }

  #arrive(from: LanPort, to: LanPort, frame: Uint8Array, traced: readonly TracedFrame[]): void {
    const island = this.#topology.of(to);
    // A sender that was unplugged meanwhile (a host that said good-bye and left) has been heard all the same.
    const sender = this.#topology.of(from) ?? island;
    if (!to.carrier || island === undefined || island !== sender) {
      this.counters.cut++;
      settle(traced, to, 'cut off');
      return;
    }
    this.counters.delivered++;
    to.counters.received++;
    const refusal = to.station.receive(frame);
    settle(traced, to, typeof refusal === 'string' ? `dropped (${refusal})` : 'delivered');
  }

  /** @internal For `LanPort`. */
  unplug(port: LanPort): void {
    if (!this.#ports.delete(port.name)) return;
    this.#topology.remove(port);
    for (const other of this.#ports.values()) {
      other.lastArrival.delete(port);
      other.blocked.delete(port);
    }
  }

  /** Drops what is on the wire and stops. The stations keep their ports, which lead nowhere. */
  [Symbol.dispose](): void {
    for (const { callout } of this.#flights) callout.stop();
    this.#flights.clear();
    this.#landed.length = 0;
    this.#taps.clear();
    this.#traces.clear();
    for (const port of this.ports) this.unplug(port);
  }
}

function settle(traced: readonly TracedFrame[], to: LanPort, fate: Fate): void {
  for (const frame of traced) frame.settle(to, fate);
}
