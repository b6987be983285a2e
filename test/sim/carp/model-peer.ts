/**
 * Model peers: other implementations of CARP, written from descriptions of their sources and not from carpet's code,
 * for the virtual LAN. IPv4, one address, multicast; just enough to hold an election with them.
 */
import { createHmac } from 'node:crypto';
import type { Callout, Clock, Random } from '../../../core/index.js';
import {
  encodeEthernet,
  encodeIpv4,
  InetAddress,
  parseEthernet,
  parseIpv4,
} from '../../../modules/ifnet/index.js';
import type { Lan, LanPort, LanStation } from '../../../modules/ifnet/lan/index.js';

export interface ModelOptions {
  readonly name: string;
  readonly lan: Lan;
  readonly random: Random;
  readonly source: string;
  readonly shared: string;
  readonly password: string;
  readonly vhid?: number;
  readonly advbase?: number;
  readonly advskew?: number;
  readonly preempt?: boolean;
}

/** What an authentic advertisement says. */
export interface Heard {
  readonly source: Uint8Array;
  readonly advbase: number;
  readonly advskew: number;
  readonly demote: number;
  readonly counter: bigint;
}

const GROUP = InetAddress.parse('224.0.0.18').bytes;
const GROUP_LLADDR = Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12);

/** Sending, receiving and authenticating; what to do about it is the subclass's. */
export abstract class ModelPeer implements LanStation {
  state: 'BACKUP' | 'MASTER' = 'BACKUP';
  readonly port: LanPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: Uint8Array;
  readonly shared: Uint8Array;
  readonly lladdr: Uint8Array;
  readonly vhid: number;
  readonly advbase: number;
  readonly advskew: number;
  readonly preempt: boolean;
  readonly #password: string;
  readonly #callouts: Callout[] = [];

  constructor(readonly options: ModelOptions) {
    this.clock = options.lan.clock;
    this.random = options.random;
    this.source = InetAddress.parse(options.source).bytes;
    this.shared = InetAddress.parse(options.shared).bytes;
    this.lladdr = options.lan.nextLladdr();
    this.vhid = options.vhid ?? 1;
    this.advbase = options.advbase ?? 1;
    this.advskew = options.advskew ?? 0;
    this.preempt = options.preempt ?? false;
    this.#password = options.password;
    this.port = options.lan.connect(options.name, this);
  }

  /** In 1/256 s. */
  get units(): number {
    return this.advbase * 256 + this.advskew;
  }

  carrierChanged(): void {}

  receive(frame: Uint8Array): void {
    const ethernet = parseEthernet(frame);
    const ip = ethernet?.type === 0x0800 ? parseIpv4(ethernet.payload) : undefined;
    if (ip === undefined || ip.protocol !== 112 || ip.ttl !== 255 || ip.payload.length < 36) return;
    const packet = ip.payload;
    if (packet[0] !== 0x21 || packet[1] !== this.vhid) return;
    const view = new DataView(packet.buffer, packet.byteOffset, 36);
    const counter = view.getBigUint64(8);
    const digest = this.#digest(packet.subarray(8, 16));
    if (!digest.every((byte, i) => byte === packet[16 + i])) return;
    this.heard({
      source: ip.source.slice(),
      advbase: packet[5]!,
      advskew: packet[2]!,
      demote: packet[4]!,
      counter,
    });
  }

  protected abstract heard(advert: Heard): void;

  protected timer(fn: () => void): Callout {
    const callout = this.clock.callout(`model ${this.options.name}`, fn);
    this.#callouts.push(callout);
    return callout;
  }

  protected send(counter: bigint): void {
    const packet = new Uint8Array(36);
    packet.set([0x21, this.vhid, this.advskew, 7, 0, this.advbase]);
    new DataView(packet.buffer).setBigUint64(8, counter);
    packet.set(this.#digest(packet.subarray(8, 16)), 16);
    let sum = 0;
    for (let i = 0; i < 36; i += 2) sum += packet[i]! * 256 + packet[i + 1]!;
    while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
    packet.set([(~sum >> 8) & 0xff, ~sum & 0xff], 6);
    const header = { source: this.source, destination: GROUP, protocol: 112, ttl: 255, tos: 0x10, id: 1 };
    this.port.transmit(encodeEthernet(GROUP_LLADDR, this.lladdr, 0x0800, encodeIpv4(header, packet)));
  }

  stop(): void {
    for (const callout of this.#callouts) callout.stop();
  }

  #digest(counter: Uint8Array): Uint8Array {
    const hmac = createHmac('sha1', this.#password)
      .update(Uint8Array.of(2, 1, this.vhid))
      .update(this.shared);
    return hmac.update(counter).digest();
  }
}
