import type { InetAddress } from '../../ifnet/index.js';
import type { SeenOnLink } from '../../vip/index.js';
import { type SeenVrrpWords, VrrpExplainer } from '../../vrrp/index.js';
import type { Finding } from '../finding.js';
import { nameOf, type SubjectVhid } from '../subject.js';
import { twoMastersFinding } from './two-masters.js';

const MAX_SENDERS = 64;
/** They are alike. */
const MAX_TOLD = 3;
/** Faults that the explainer finds by comparing two hosts. */
const COMPARED: ReadonlySet<string> = new Set(['other version', 'other interval', 'other authentication']);

interface Sender {
  readonly source: InetAddress;
  readonly own: boolean;
  /** What is wrong with what it said last. */
  fault: { readonly kind: string; readonly text: string } | undefined;
}

/** A virtual router that is to work here, and what was heard with its number. */
interface Watched {
  readonly subject: SubjectVhid;
  readonly explainer: VrrpExplainer;
  readonly senders: Map<string, Sender>;
  /** A host that speaks CARP with its number. */
  carp: string | undefined;
}

/** Watches the advertisements of virtual routers that are to work on an interface. */
export class RouterWatch {
  readonly #watched: readonly Watched[];
  /** How many of their advertisements came in or went out. */
  count = 0;

  constructor(subjects: readonly SubjectVhid[]) {
    this.#watched = subjects
      .filter(({ router }) => router !== undefined)
      .map((subject) => {
        const addresses = subject.addresses.map(({ address }) => address.toString());
        const explainer = new VrrpExplainer({ vrid: subject.vhid, addresses });
        return { subject, explainer, senders: new Map(), carp: undefined };
      });
  }

  /** The IPv4 sources of advertisements that came in. */
  get heard(): readonly InetAddress[] {
    return this.#watched
      .flatMap(({ senders }) => [...senders.values()])
      .filter(({ own, source }) => !own && source.family === 4)
      .map(({ source }) => source);
  }

  /** An advertisement of VRRP. @param own whether this host has sent it */
  input(packet: SeenOnLink, own: boolean): void {
    for (const each of this.#watched)
      if (each.subject.vhid === packet.payload[1] && familyOf(each.subject) === packet.family)
        this.#note(each, packet, own);
  }

  /** An advertisement of CARP. */
  carp(vhid: number, source: InetAddress): void {
    for (const each of this.#watched) if (each.subject.vhid === vhid) each.carp ??= source.toString();
  }

  *findings(): Generator<Finding> {
    for (const watched of this.#watched) {
      if (watched.carp !== undefined) yield carpFinding(watched.subject, watched.carp);
      yield* refusals(watched);
      yield* together(watched);
    }
  }

  #note({ subject, explainer, senders }: Watched, packet: SeenOnLink, own: boolean): void {
    this.count++;
    const { words, faults } = explainer.explain(packet);
    // What differs from a third host is no fault of this one.
    const [worst] = faults.filter(({ kind }) => !COMPARED.has(kind));
    const isRefused = worst !== undefined && worst.kind !== 'other addresses';
    const fault = isRefused ? worst : (differenceOf(words, subject) ?? worst);
    const name = packet.source.toString();
    const known = senders.get(name);
    if (known !== undefined) known.fault = fault;
    else if (senders.size < MAX_SENDERS) senders.set(name, { source: packet.source, own, fault });
  }
}

/** Why this host would refuse what is well formed. */
function differenceOf(words: SeenVrrpWords | undefined, { router }: SubjectVhid): Sender['fault'] {
  if (words === undefined || router === undefined) return undefined;
  const { version, interval } = router;
  if (words.version !== version)
    return { kind: 'other version', text: `it speaks version ${words.version}, this host ${version}` };
  if (version === 3 || words.interval === interval) return undefined;
  const text = `it advertises every ${words.interval / 1000} s, this host every ${interval / 1000} s: with version 2 both ignore the other`;
  return { kind: 'other interval', text };
}

function familyOf({ addresses }: SubjectVhid): 4 | 6 {
  return addresses[0]?.address.family ?? 4;
}

function carpFinding(subject: SubjectVhid, host: string): Finding {
  return {
    code: 'vrrp',
    severity: 'error',
    on: nameOf(subject),
    text: `${host} speaks CARP with the number ${subject.vhid}: the virtual MACs are the same, and a keepalived falls silent while it hears that`,
    remedy: 'give one of the two another number',
  };
}

function* refusals({ subject, senders }: Watched): Generator<Finding> {
  const refused = [...senders.values()].filter(({ fault, own }) => fault !== undefined && !own);
  for (const { source, fault } of refused.slice(0, MAX_TOLD)) {
    const differs = fault!.kind === 'other addresses';
    yield {
      code: 'router-refused',
      severity: differs ? 'warning' : 'error',
      on: nameOf(subject),
      text: `${source} advertises virtual router ${subject.vhid}, and ${differs ? 'its addresses are others' : 'this host refuses it'}: ${fault!.kind}: ${fault!.text}`,
      remedy: `if ${source} belongs to another group, give one of the groups another number; else give both hosts the same settings`,
    };
  }
}

function* together({ subject, explainer, senders }: Watched): Generator<Finding> {
  const masters = explainer.groups.flatMap(({ mastership }) => mastership.together);
  if (masters.length === 0) return;
  const remedy =
    'either their version, password, interval or addresses differ, or one does not hear the other, or another group has this number: carpet explain -i on both hosts says which';
  yield twoMastersFinding(nameOf(subject), masters, senders, remedy);
}
