import assert from 'node:assert/strict';
import { CarpModule, type CarpStateChange, type CarpVhid } from '../../modules/carp/index.js';
import type { Lan, LanCapture } from '../../modules/ifnet/lan/index.js';
import type { Place, SimHost } from './host.js';
import type { Plan } from './plan.js';
import { TraceHash } from './trace-hash.js';

/** A state of a vhid, and when it began, in ms. */
export interface Stretch {
  readonly at: number;
  readonly state: string;
}

/** The counters of refused advertisements: each is counted once, and as received. */
const REFUSALS = [
  'badif',
  'badttl',
  'badsum',
  'badver',
  'badlen',
  'badauth',
  'badvhid',
  'badtype',
  'badgroup',
  'badsource',
  'looped',
  'replayed',
  'unsealed',
  'badseal',
  'disallowed',
  'flooded',
  'vrrp',
] as const;

const IPPROTO_CARP = 112;

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
  /** The states of each vhid of each host, by its name. */
  readonly stretches = new Map<string, Stretch[]>();
  readonly #network: Watched;
  readonly #hosts = new Map<string, SimHost>();
  /** Of each host, the names of its vhids in `stretches`, by place. */
  readonly #keys = new Map<SimHost, string[]>();
  /** Transitions to MASTER in the life of a module, by host. */
  readonly #takeovers = new Map<SimHost, number>();

  constructor(network: Watched) {
    this.#network = network;
    for (const [segment, lan] of network.lans.entries()) {
      lan.tap((capture) => this.#frame(segment, capture));
      for (const host of network.hosts) this.#hosts.set(`${host.name}:eth${segment}`, host);
    }
  }

  changed(host: SimHost, vhid: CarpVhid, { from, to, reason }: CarpStateChange): void {
    const key = `${host.name} ${vhid.name}`;
    const at = this.#network.clock.now();
    const known = this.stretches.get(key);
    const last = known?.at(-1)?.state ?? 'INIT';
    const takenOver = reason === 'taken over from the former process';
    if (takenOver) assert.equal(to, last, `${key} is ${to} in the next process, and was ${last}`);
    else assert.equal(from, last, `${key} leaves ${from}, and was last said to be ${last}`);
    if (known === undefined) this.stretches.set(key, [{ at, state: to }]);
    else if (!takenOver) known.push({ at, state: to });
    if (to === 'MASTER' && !takenOver) this.#takeovers.set(host, (this.#takeovers.get(host) ?? 0) + 1);
    this.reached.add(reason);
    this.hash.add(at, `${key} ${to} ${reason}`);
    if (to === 'MASTER') this.#countMasters();
  }

  handled(host: SimHost): void {
    const { places, plan } = this.#network;
    const managed = plan.extras?.manageAddresses !== false;
    for (let index = 0; index < places.length; index++) {
      const vhid = host.leg(index)?.vhid;
      if (vhid === undefined) continue;
      const { state } = vhid;
      // Nearly always all is well: no text is made for that.
      if (state !== this.#told(host, index, vhid))
        assert.fail(`${host.name} ${vhid.name} is ${state} without an event`);
      if (managed && state !== 'MASTER' && host.holds(index) !== false)
        assert.fail(`${host.name} ${vhid.name} is ${state} and holds addresses`);
    }
  }

  /** The state of which an event has told last. */
  #told(host: SimHost, index: number, vhid: CarpVhid): string {
    let keys = this.#keys.get(host);
    if (keys === undefined) this.#keys.set(host, (keys = []));
    const key = (keys[index] ??= `${host.name} ${vhid.name}`);
    return this.stretches.get(key)?.at(-1)?.state ?? 'INIT';
  }

  /** The counters of a host are about to be lost. */
  ends(host: SimHost): void {
    const statistics = host.kernel!.get(CarpModule).statistics;
    const received = statistics.ipackets.value + statistics.ipackets6.value;
    assert.equal(
      received,
      host.inputs,
      `${host.name} counts ${received} packets received, and got ${host.inputs}`,
    );
    const refused = REFUSALS.reduce((sum, name) => sum + statistics[name].value, 0);
    assert.ok(refused <= received, `${host.name} refused ${refused} of ${received} packets`);
    const takeovers = this.#takeovers.get(host) ?? 0;
    assert.equal(statistics.preempt.value, takeovers, `${host.name} became MASTER ${takeovers} times`);
    this.#takeovers.delete(host);
    for (const [name, { value }] of Object.entries(statistics))
      if (value > 0) this.reached.add(`counted: ${name}`);
  }

  #frame(segment: number, { time, port, frame }: LanCapture): void {
    this.hash.addFrame(time, port.name, frame);
    const vhid = vhidOf(frame);
    const host = vhid === undefined ? undefined : this.#hosts.get(port.name);
    if (host === undefined) return;
    const { places, plan } = this.#network;
    // To a host whose link-layer address is unknown it waits in the system, while the state may change.
    if (plan.extras?.peers !== undefined) return;
    const index = places.findIndex((place) => place.segment === segment && place.vhid === vhid);
    const state = host.leg(index)?.vhid.state;
    // A host that is being switched off is asked no more: what it sends is its bow-out.
    if (state !== undefined && state !== 'MASTER')
      assert.fail(`${host.name} advertises vhid ${vhid} as ${state}`);
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

/** The vhid of an advertisement. */
function vhidOf(frame: Uint8Array): number | undefined {
  const type = (frame[12]! << 8) | frame[13]!;
  if (type === 0x0800 && frame[23] === IPPROTO_CARP) return frame[35];
  if (type === 0x86dd && frame[20] === IPPROTO_CARP) return frame[55];
  return undefined;
}
