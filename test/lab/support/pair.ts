/**
 * Two hosts that share an address, each running carpet or Debian's ucarp with the same options. The carpets seal what they
 * send, which at the end each pair shows: whatever a test finds holds for a sealed carpet beside a genuine ucarp.
 */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { bearsMark } from '../../../modules/carp/seal/format.js';
import type { Capture } from './capture.js';
import { isAdvertisement } from './frame.js';
import { Laboratory, type Owner } from './laboratory.js';
import type { Namespace } from './namespace.js';
import { nodeCommand } from './node-command.js';
import type { Program } from './program.js';
import { ScriptLog, type ScriptOptions } from './script-log.js';

/** The compiled front end. */
export const CARPET = fileURLToPath(new URL('../../../modules/cli/main.js', import.meta.url));

export type Daemon = 'carpet' | 'ucarp';

/** The shared address. */
export const VIP = '10.77.0.100';

export class PairHost {
  readonly scripts: ScriptLog;
  readonly address: string;
  /** What was started here. */
  readonly daemons = new Set<Daemon>();

  constructor(
    readonly namespace: Namespace,
    last: number,
    owner: Owner,
    options?: ScriptOptions,
  ) {
    this.address = `10.77.0.${last}`;
    this.scripts = new ScriptLog(owner, options);
  }

  /** Starts the daemon with the pair's options and `extra` ones. */
  start(daemon: Daemon, extra = ''): Program {
    const common = `-i eth0 -v 1 -p love -a ${VIP} -f none -s ${this.address}`;
    const scripts = ['-u', this.scripts.up, '-d', this.scripts.down];
    const args = [...common.split(' '), ...scripts, ...extra.split(' ').filter(Boolean)];
    this.daemons.add(daemon);
    if (daemon === 'ucarp') return this.namespace.spawn(['ucarp', ...args]);
    return this.namespace.spawn([...nodeCommand(CARPET), 'ucarp', '--no-status', ...args]);
  }

  /** Whether the up script has put the shared address on the interface. */
  get holdsAddress(): boolean {
    return this.namespace.ip('address', 'show', 'dev', 'eth0').includes(`${VIP}/32`);
  }
}

export class Pair {
  readonly lab: Laboratory;
  readonly a: PairHost;
  readonly b: PairHost;
  capture!: Capture;

  private constructor(owner: Owner, scripts?: ScriptOptions) {
    this.lab = Laboratory.open(owner);
    this.a = this.host(owner, 'a', 1, scripts);
    this.b = this.host(owner, 'b', 2, scripts);
  }

  /** @param scripts how the scripts of both hosts behave */
  static async open(owner: Owner, scripts?: ScriptOptions): Promise<Pair> {
    const pair = new Pair(owner, scripts);
    pair.capture = await pair.lab.capture('proto 112 or arp');
    owner.after(() => pair.checkSeals());
    return pair;
  }

  /** Who has advertised since `time` (milliseconds since the epoch). */
  advertisersSince(time: number): Set<string> {
    const frames = this.capture.where((frame) => isAdvertisement(frame) && frame.time >= time);
    return new Set(frames.map((frame) => frame.ip!.source));
  }

  /** Each advertisement of a carpet is sealed. */
  private checkSeals(): void {
    for (const { address, daemons } of [this.a, this.b]) {
      if ([...daemons].join() !== 'carpet') continue;
      for (const { advertisement } of this.capture.where((frame) => isAdvertisement(frame, address))) {
        const { counter } = advertisement!;
        const sealed = bearsMark(Number(counter >> 32n), Number(counter & 0xffffffffn));
        assert.ok(sealed, `an advertisement of ${address} is not sealed, its counter is ${counter}`);
      }
    }
  }

  private host(owner: Owner, role: string, last: number, scripts?: ScriptOptions): PairHost {
    const namespace = this.lab.host(role, { addresses: [`10.77.0.${last}/24`], ipv6: false });
    return new PairHost(namespace, last, owner, scripts);
  }
}
