/** A stranger on the link of two carpets, who hears everything, can send anything, and has no password. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import { encodeEthernet, encodeIpv4, InetAddress } from '../../../modules/ifnet/index.js';
import { CarpetCarp } from './carpet-carp.js';
import type { Laboratory } from './laboratory.js';
import type { Namespace } from './namespace.js';
import { elapse } from './wait.js';
import { Wiretap } from './wiretap.js';

const GROUP_LLADDR = Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12);
const STRANGER = Uint8Array.of(2, 0, 0, 0, 0, 0x66);
/** What is shared, and may be attacked. */
export const SHARED_VHID = { ifname: 'eth0', vhid: 7, password: 'secret', addresses: ['10.88.0.100/24'] };

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

/** Hears everything on the segment and sends anything; has no password. */
export class Stranger implements Disposable {
  readonly #recorded: Uint8Array[] = [];
  /** Frames of the tap that were looked at. */
  #looked = 0;
  readonly tap: Wiretap;

  constructor(lab: Laboratory) {
    this.tap = new Wiretap(lab.host('x', { addresses: ['10.88.0.66/24'], ipv6: false }), 'eth0');
  }

  /** The advertisements heard so far, oldest first. */
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

  [Symbol.dispose](): void {
    this.tap[Symbol.dispose]();
  }
}

/** Two carpets before the stranger: 10.88.0.1, the MASTER, and 10.88.0.2. */
export class Siege extends Stranger {
  readonly #hosts: readonly [Namespace, Namespace];
  readonly #options: readonly [Partial<CarpVhidOptions>, Partial<CarpVhidOptions>];
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-siege-'));
  first!: CarpetCarp;
  second!: CarpetCarp;

  private constructor(lab: Laboratory, first: Partial<CarpVhidOptions>, second: Partial<CarpVhidOptions>) {
    super(lab);
    const host = (role: string, last: number): Namespace =>
      lab.host(role, { addresses: [`10.88.0.${last}/24`], ipv6: false });
    this.#hosts = [host('a', 1), host('b', 2)];
    this.#options = [first, { ...second, advskew: 100 }];
  }

  /** A MASTER and a BACKUP, which has the same options unless it is given others. */
  static async lay(
    lab: Laboratory,
    options: Partial<CarpVhidOptions>,
    others: Partial<CarpVhidOptions> = options,
  ): Promise<Siege> {
    const siege = new Siege(lab, options, others);
    siege.first = siege.#start(0);
    await siege.first.reaches('MASTER', 8000);
    siege.second = siege.#start(1);
    await siege.second.reaches('BACKUP', 8000);
    return siege;
  }

  /** Kills one of the two and starts it again, with what it has kept. */
  restart(which: 'first' | 'second'): CarpetCarp {
    this[which].program.kill('SIGKILL');
    this[which] = this.#start(which === 'first' ? 0 : 1);
    return this[which];
  }

  /** The MASTER gives its address to the other host, and takes it back: both hear each other still. */
  async handOverAndBack(): Promise<void> {
    const { first, second } = this;
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const) {
      const known = to.lines.length;
      from.program.kill('SIGUSR2');
      await to.reaches('MASTER', 3000, known);
      await elapse(600);
      assert.deepEqual([from.state(), to.state()], ['BACKUP', 'MASTER']);
    }
  }

  /** How often the states of the two have changed. */
  changes(): number[] {
    return [this.first, this.second].map((carpet) => carpet.changes().length);
  }

  #start(index: 0 | 1): CarpetCarp {
    const vhid = { ...SHARED_VHID, ...this.#options[index] };
    const state = ['env', `STATE_DIRECTORY=${join(this.#folder, `state${index}`)}`];
    return new CarpetCarp(this.#hosts[index], [vhid], {}, undefined, state);
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
