/** A stranger on the link of two carpets, who hears everything, can send anything, and has no password. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import { encodeEthernet, encodeIpv4, InetAddress } from '../../../modules/ifnet/index.js';
import { CarpetCarp } from './carpet-carp.js';
import type { Laboratory } from './laboratory.js';
import type { Namespace } from './namespace.js';
import { Wiretap } from './wiretap.js';

const GROUP_LLADDR = Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12);
const STRANGER = Uint8Array.of(2, 0, 0, 0, 0, 0x66);
const BASE = { ifname: 'eth0', vhid: 7, password: 'secret', addresses: ['10.88.0.100/24'] };

/** A protocol 112 packet to the group, from whatever address. */
export function frame(source: string, payload: Uint8Array): Uint8Array {
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

/** The hosts have 10.88.0.1 (the MASTER) and 10.88.0.2. */
export class Siege implements Disposable {
  readonly #hosts: readonly [Namespace, Namespace];
  readonly #options: Partial<CarpVhidOptions>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-siege-'));
  readonly #recorded: Uint8Array[] = [];
  /** Frames of the tap that were looked at. */
  #looked = 0;
  readonly tap: Wiretap;
  first!: CarpetCarp;
  second!: CarpetCarp;

  private constructor(lab: Laboratory, options: Partial<CarpVhidOptions>) {
    const host = (role: string, last: number): Namespace =>
      lab.host(role, { addresses: [`10.88.0.${last}/24`], ipv6: false });
    this.#hosts = [host('a', 1), host('b', 2)];
    this.#options = options;
    this.tap = new Wiretap(host('x', 66), 'eth0');
  }

  /** Two carpets with these options, a MASTER and a BACKUP. */
  static async lay(lab: Laboratory, options: Partial<CarpVhidOptions>): Promise<Siege> {
    const siege = new Siege(lab, options);
    siege.first = siege.#start(0);
    await siege.first.reaches('MASTER', 8000);
    siege.second = siege.#start(1);
    await siege.second.reaches('BACKUP', 8000);
    return siege;
  }

  /** The advertisements that the stranger has heard so far. */
  recorded(): readonly Uint8Array[] {
    const frames = this.tap.frames();
    for (const each of frames.slice(this.#looked))
      if (each[23] === 112 && each[34] === 0x21) this.#recorded.push(each.slice(34, 70));
    this.#looked = frames.length;
    return this.#recorded;
  }

  say(source: string, word: Uint8Array): void {
    this.tap.inject(frame(source, word));
  }

  /** Kills one of the two and starts it again, with what it has kept. */
  restart(which: 'first' | 'second'): CarpetCarp {
    this[which].program.kill('SIGKILL');
    this[which] = this.#start(which === 'first' ? 0 : 1);
    return this[which];
  }

  /** How often the states of the two have changed. */
  changes(): number[] {
    return [this.first, this.second].map(
      ({ lines }) => lines.filter(({ event, to }) => event === 'state' && to !== 'INIT').length,
    );
  }

  #start(index: 0 | 1): CarpetCarp {
    const vhid = { ...BASE, ...this.#options };
    const options = index === 0 ? vhid : { ...vhid, advskew: 100 };
    const state = ['env', `STATE_DIRECTORY=${join(this.#folder, `state${index}`)}`];
    return new CarpetCarp(this.#hosts[index], [options], {}, undefined, state);
  }

  [Symbol.dispose](): void {
    this.tap[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
