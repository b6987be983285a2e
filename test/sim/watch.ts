import assert from 'node:assert/strict';
import type { InetFamily } from '../../modules/ifnet/index.js';
import type { Lan, LanCapture } from '../../modules/ifnet/lan/index.js';
import type { VipStateChange } from '../../modules/vip/index.js';
import type { SimHost } from './host.js';
import type { Place } from './place.js';
import type { Plan } from './plan.js';
import { TraceHash } from './trace-hash.js';

/** A state of a virtual host, and when it began, in ms. */
export interface Stretch {
  readonly at: number;
  readonly state: string;
}

/** CARP has it from VRRP. */
const IPPROTO_VRRP = 112;

/** The network that is watched. */
interface Watched {
  readonly clock: { now(): number };
  readonly plan: Plan;
  readonly lans: readonly Lan[];
  readonly hosts: readonly SimHost[];
  readonly places: readonly Place[];
}

/**
 * What must hold at any moment, faults or not, of every frame and every event: only a MASTER advertises; who is none has none
 * of the addresses; no state changes without its event, and events follow each other; counters add up. Beside that it writes
 * down what was reached, who was what when, and a hash of all that was seen.
 */
export class Watch {
  readonly hash = new TraceHash();
  /** In words: what happened at least once. */
  readonly reached = new Set<string>();
  /** The states of what each host shares, by the names of both. */
  readonly stretches = new Map<string, Stretch[]>();
  readonly #network: Watched;
  readonly #hosts = new Map<string, SimHost>();
  /** Of each host, the names of what it shares in `stretches`, by place. */
  readonly #keys = new Map<SimHost, string[]>();
  /** Transitions to MASTER in the life of a module, by host and protocol. */
  readonly #takeovers = new Map<string, number>();

  constructor(network: Watched) {
    this.#network = network;
    for (const [segment, lan] of network.lans.entries()) {
      lan.tap((capture) => this.#frame(segment, capture));
      for (const host of network.hosts) this.#hosts.set(`${host.name}:eth${segment}`, host);
    }
  }

  changed(host: SimHost, vip: { readonly name: string }, { from, to, reason }: VipStateChange): void {
    const key = `${host.name} ${vip.name}`;
    const at = this.#network.clock.now();
    const known = this.stretches.get(key);
    const last = known?.at(-1)?.state ?? 'INIT';
    const takenOver = reason === 'taken over from the former process';
    if (takenOver) assert.equal(to, last, `${key} is ${to} in the next process, and was ${last}`);
    else assert.equal(from, last, `${key} leaves ${from}, and was last said to be ${last}`);
    if (known === undefined) this.stretches.set(key, [{ at, state: to }]);
    else if (!takenOver) known.push({ at, state: to });
    const protocol = this.#protocolOf(vip);
    if (to === 'MASTER' && !takenOver) this.#count(host, protocol);
    this.reached.add(protocol === 'carp' ? reason : `VRRP: ${reason}`);
    this.hash.add(at, `${key} ${to} ${reason}`);
    if (to === 'MASTER') this.#countMasters();
  }

  handled(host: SimHost): void {
    const { places, plan } = this.#network;
    const managed = plan.extras?.manageAddresses !== false;
    for (let index = 0; index < places.length; index++) {
      const vip = host.leg(index)?.vip;
      if (vip === undefined) continue;
      const { state } = vip;
      // Nearly always all is well: no text is made for that.
      if (state !== this.#told(host, index, vip))
        assert.fail(`${host.name} ${vip.name} is ${state} without an event`);
      if (managed && state !== 'MASTER' && host.holds(index) !== false)
        assert.fail(`${host.name} ${vip.name} is ${state} and holds addresses`);
    }
  }

  /** The state of which an event has told last. */
  #told(host: SimHost, index: number, vip: { readonly name: string }): string {
    let keys = this.#keys.get(host);
    if (keys === undefined) this.#keys.set(host, (keys = []));
    const key = (keys[index] ??= `${host.name} ${vip.name}`);
    return this.stretches.get(key)?.at(-1)?.state ?? 'INIT';
  }

  /** The counters of a host are about to be lost. */
  ends(host: SimHost): void {
    for (const { protocol, received, inputs, takeovers, counters } of host.accounts) {
      const who = `${host.name}, ${protocol}:`;
      assert.equal(received, inputs, `${who} counts ${received} packets received, and got ${inputs}`);
      const key = `${host.name} ${protocol}`;
      const seen = this.#takeovers.get(key) ?? 0;
      assert.equal(takeovers, seen, `${who} counts ${takeovers} takeovers, and became MASTER ${seen} times`);
      this.#takeovers.delete(key);
      for (const [name, value] of counters) if (value > 0) this.reached.add(name);
    }
  }

  #protocolOf({ name }: { readonly name: string }): Place['protocol'] {
    return this.#network.places.find((place) => place.name === name)!.protocol;
  }

  #count(host: SimHost, protocol: Place['protocol']): void {
    const key = `${host.name} ${protocol}`;
    this.#takeovers.set(key, (this.#takeovers.get(key) ?? 0) + 1);
  }

  #frame(segment: number, { time, port, frame }: LanCapture): void {
    this.hash.addFrame(time, port.name, frame);
    const family = familyOf(frame);
    const host = family === undefined ? undefined : this.#hosts.get(port.name);
    if (family === undefined || host === undefined) return;
    const { places, plan } = this.#network;
    // To a host whose link-layer address is unknown it waits in the system, while the state may change.
    if (plan.extras?.peers !== undefined || plan.vrrp?.extras.peers !== undefined) return;
    const number = frame[OFF_NUMBER[family]]!;
    const index = places.findIndex(
      (place) => place.segment === segment && place.number === number && place.families.includes(family),
    );
    const state = host.leg(index)?.vip.state;
    // A host that is being switched off is asked no more: what it sends is its bow-out. One that has yielded may tell the winner
    // again, alone.
    if (state !== undefined && state !== 'MASTER' && isToGroup(frame, family))
      assert.fail(`${host.name} advertises ${places[index]!.name} as ${state}`);
  }

  #countMasters(): void {
    const { hosts, places } = this.#network;
    for (const index of places.keys()) {
      const masters = hosts.filter((host) => host.state(index) === 'MASTER').length;
      if (masters > 1) this.reached.add('two MASTERs');
      if (masters > 2) this.reached.add('three MASTERs');
    }
  }
}

/** Where an advertisement has the vhid, or the VRID. */
const OFF_NUMBER = { 4: 35, 6: 55 } as const;

/** Whether an advertisement is for the whole group. */
function isToGroup(frame: Uint8Array, family: InetFamily): boolean {
  return family === 4 ? frame[30]! >> 4 === 14 : frame[38] === 255;
}

/** Of an advertisement. */
function familyOf(frame: Uint8Array): InetFamily | undefined {
  const type = (frame[12]! << 8) | frame[13]!;
  if (type === 0x0800 && frame[23] === IPPROTO_VRRP) return 4;
  if (type === 0x86dd && frame[20] === IPPROTO_VRRP) return 6;
  return undefined;
}
