import { type CapturedPacket, capturedIp, type LinkFrame, linkFrame } from '../../capture/index.js';
import {
  CarpExplainer,
  type Explanation,
  IPPROTO_CARP,
  type SeenPacket,
  type SeenWords,
  sealClock,
} from '../../carp/index.js';
import { formatLladdr, type InetAddress, IPPROTO_ICMPV6 } from '../../ifnet/index.js';
import type { Finding } from '../finding.js';
import { nameOf, type SubjectVhid } from '../subject.js';
import { deadTimeFindings } from './dead-time.js';
import { ProbeExchange } from './exchange.js';
import { decodeProbe, ETHERTYPE_PROBE, IPPROTO_PROBE, type ProbeKind } from './probe.js';
import { RouterWatch } from './routers.js';
import { twoMastersFinding } from './two-masters.js';

const IPPROTO_IGMP = 2;
const IGMP_QUERY = 0x11;
const MLD_QUERY = 130;
/** Seals of one sender after which its clock is judged. */
const MIN_SEALS = 3;
/** By so much clocks may differ: seals need no more, logs of two hosts are hard to read with more. */
const MAX_CLOCK_ERROR_MS = 5000;
const MAX_SENDERS = 64;
const MS_PER_S = 1000;

interface Sender {
  readonly source: InetAddress;
  readonly own: boolean;
  count: number;
  /** What is wrong with it, by our password; undefined: nothing, or it cannot be checked. */
  fault: string | undefined;
  /** Milliseconds between its advertisements, as it says. */
  interval: number;
}

/** Watches the packets of one interface for a while, and says what is wrong with what it heard. */
export class Listener {
  readonly exchange: ProbeExchange;
  /** Families in which a querier was heard. */
  readonly queriers = new Set<4 | 6>();
  readonly #vhids: ReadonlyMap<number, SubjectVhid>;
  readonly #explainers = new Map<number, CarpExplainer>();
  readonly #anything = new CarpExplainer({ prefixes: [] });
  readonly #senders = new Map<number, Map<string, Sender>>();
  readonly #routers = new Map<number, string>();
  readonly #watch: RouterWatch;
  /** By how many ms the seals of each sender are ahead, and how many it has sent: one may be a seal by chance. */
  readonly #clocks = new Map<string, { ahead: number; count: number }>();

  /** @param run the number of this doctor's run */
  constructor(run: string, vhids: readonly SubjectVhid[]) {
    this.exchange = new ProbeExchange(run);
    const ofCarp = vhids.filter(({ router }) => router === undefined);
    this.#vhids = new Map(ofCarp.map((vhid) => [vhid.vhid, vhid]));
    this.#watch = new RouterWatch(vhids);
  }

  /** The IPv4 sources of advertisements that came in. */
  get heard(): readonly InetAddress[] {
    const ofCarp = [...this.#senders.values()].flatMap((senders) =>
      [...senders.values()]
        .filter(({ own, source }) => !own && source.family === 4)
        .map(({ source }) => source),
    );
    return [...ofCarp, ...this.#watch.heard];
  }

  /** How many advertisements came in or went out. */
  get advertisements(): number {
    return [...this.#senders.values()]
      .flatMap((senders) => [...senders.values()])
      .reduce((n, { count }) => n + count, this.#watch.count);
  }

  /** A packet that passed the interface. */
  input(packet: CapturedPacket): void {
    const frame = linkFrame(packet);
    // A tagged frame is another VLAN's: no interface of this one sees it.
    if (frame === undefined || frame.vlans.length > 0) return;
    if (frame.etherType === ETHERTYPE_PROBE) {
      this.#probe(frame.payload, frame, packet);
      return;
    }
    const ip = capturedIp(frame);
    if (ip === undefined) return;
    const { protocol, payload } = ip;
    if (protocol === IPPROTO_PROBE) this.#probe(payload, frame, packet);
    else if (protocol === IPPROTO_IGMP && payload[0] === IGMP_QUERY) this.queriers.add(4);
    else if (protocol === IPPROTO_ICMPV6 && payload[0] === MLD_QUERY) this.queriers.add(6);
    else if (protocol === IPPROTO_CARP)
      this.#advertisement(
        { ...ip, time: packet.time, vlans: [], passed: frame.passed, lladdr: frame.source },
        packet.outgoing === true,
      );
  }

  /** @param on the interface @param sent the ways on which this host has sent probes */
  *findings(on: string, sent: ReadonlySet<ProbeKind>): Generator<Finding> {
    yield* this.exchange.findings(on, sent, this.queriers.size > 0);
    for (const [id, router] of this.#routers) {
      const vhid = this.#vhids.get(id);
      if (vhid !== undefined) yield vrrpFinding(vhid, router);
    }
    for (const [id, senders] of this.#senders) {
      const vhid = this.#vhids.get(id);
      if (vhid === undefined) continue;
      yield* strangerFindings(vhid, [...senders.values()]);
      yield* this.#masterFinding(vhid, senders);
      yield* deadTimeFindings(vhid, [...senders.values()]);
    }
    yield* this.#watch.findings();
    for (const [source, { ahead, count }] of this.#clocks)
      if (count >= MIN_SEALS && Math.abs(ahead) > MAX_CLOCK_ERROR_MS) yield clockFinding(on, source, ahead);
  }

  /** By turns, not by counts: in the shortest time that is of use a MASTER with a high advskew advertises twice only. */
  *#masterFinding(vhid: SubjectVhid, senders: ReadonlyMap<string, Sender>): Generator<Finding> {
    const seen = this.#explainer(vhid).groups.find((group) => group.vhid === vhid.vhid);
    const masters = ([4, 6] as const)
      .map((family) => seen?.mastership[family].together ?? [])
      .find(({ length }) => length > 0);
    if (masters === undefined) return;
    const remedy =
      'either their password or addresses differ, or one does not hear the other, or another group has this vhid: carpet explain -i on both hosts says which';
    yield twoMastersFinding(nameOf(vhid), masters, senders, remedy);
  }

  #probe(payload: Uint8Array, frame: LinkFrame, { outgoing }: CapturedPacket): void {
    const probe = outgoing === true ? undefined : decodeProbe(payload);
    if (probe !== undefined) this.exchange.input(probe, formatLladdr(frame.source ?? new Uint8Array(0)));
  }

  #advertisement(packet: SeenPacket, own: boolean): void {
    const vhid = this.#vhids.get(packet.payload[1] ?? 0);
    const explanation = this.#explainer(vhid).explain(packet);
    const { words, id } = explanation;
    if (words === undefined) {
      if (id === undefined) return;
      this.#watch.input(packet, own);
      if (this.#routers.size < MAX_SENDERS) this.#routers.set(id, packet.source.toString());
      return;
    }
    this.#watch.carp(words.vhid, packet.source);
    if (explanation.checksum !== 'valid' || this.#isRepeat(explanation)) return;
    this.#note(packet, words, own, explanation);
    const made = own ? undefined : sealClock(words.counter, packet.time);
    if (made !== undefined) this.#compareClock(packet.source.toString(), made - packet.time);
  }

  /** One that came again is no sign of its sender. */
  #isRepeat({ faults }: Explanation): boolean {
    return faults.some(({ kind }) => kind === 'looped' || kind === 'replayed' || kind === 'altered');
  }

  #note({ source }: SeenPacket, words: SeenWords, own: boolean, explanation: Explanation): void {
    const { vhid, advbase, advskew } = words;
    const interval = advbase * MS_PER_S + (advskew * MS_PER_S) / 256;
    const senders = this.#senders.get(vhid) ?? new Map<string, Sender>();
    this.#senders.set(vhid, senders);
    const [fault] = explanation.faults;
    const text = fault && `${fault.kind}: ${fault.text}`;
    const sender = senders.get(source.toString());
    if (sender === undefined) {
      if (senders.size < MAX_SENDERS)
        senders.set(source.toString(), { source, own, count: 1, fault: text, interval });
      return;
    }
    sender.count++;
    sender.fault = text;
    sender.interval = interval;
  }

  #compareClock(source: string, ahead: number): void {
    const known = this.#clocks.get(source);
    if (known !== undefined) {
      known.ahead = ahead;
      known.count++;
    } else if (this.#clocks.size < MAX_SENDERS) this.#clocks.set(source, { ahead, count: 1 });
  }

  #explainer(vhid: SubjectVhid | undefined): CarpExplainer {
    if (vhid?.key === undefined) return this.#anything;
    const known = this.#explainers.get(vhid.vhid);
    if (known !== undefined) return known;
    const { key, heardKeys, addresses: prefixes } = vhid;
    const made = new CarpExplainer({ key, heardKeys, prefixes, vhid: vhid.vhid });
    this.#explainers.set(vhid.vhid, made);
    return made;
  }
}

function vrrpFinding(vhid: SubjectVhid, router: string): Finding {
  return {
    code: 'vrrp',
    severity: 'error',
    on: nameOf(vhid),
    text: `the VRRP router ${router} has the number ${vhid.vhid} too: the virtual MACs are the same, and a keepalived falls silent while it hears the vhid`,
    remedy: 'give one of the two another number',
  };
}

/** At most three: they are alike. */
function* strangerFindings(vhid: SubjectVhid, senders: readonly Sender[]): Generator<Finding> {
  const refused = senders.filter(({ fault, own }) => fault !== undefined && !own);
  for (const { source, fault } of refused.slice(0, 3))
    yield {
      code: 'vhid-taken',
      severity: 'error',
      on: nameOf(vhid),
      text: `${source} advertises vhid ${vhid.vhid}, and this host refuses it: ${fault}`,
      remedy: `if ${source} belongs to another group, give one of the groups another vhid; else give both hosts the same password and addresses`,
    };
}

function clockFinding(on: string, source: string, ahead: number): Finding {
  const way = ahead > 0 ? 'ahead of' : 'behind';
  return {
    code: 'clock',
    severity: 'warning',
    on,
    text: `the seals of ${source} are ${Math.round(Math.abs(ahead) / MS_PER_S)} s ${way} this host's clock`,
    remedy:
      'run NTP or PTP on all hosts: chronyc tracking, timedatectl; seals bear it, logs and restarts do less well',
  };
}
