import type { Finding } from '../finding.js';
import type { Probe, ProbeKind } from './probe.js';
import { MAX_REPORTS } from './probe.js';

/** A probe so often heard one way is missed if it is not heard another way. */
const MIN_ROUNDS = 3;

interface Partner {
  /** Its link-layer address, as text. */
  readonly name: string;
  readonly rounds: Map<ProbeKind, number>;
  /** What it says that it has heard of us. */
  ofUs: ReadonlySet<ProbeKind>;
  /** How often it has said so. */
  said: number;
}

/** What two doctors find out by their probes about the way between them. */
export class ProbeExchange {
  readonly #run: string;
  readonly #partners = new Map<string, Partner>();
  #handedBack = 0;

  constructor(run: string) {
    this.#run = run;
  }

  /** What to report to the others. */
  get heard(): ReadonlyMap<string, ReadonlySet<ProbeKind>> {
    return new Map([...this.#partners].map(([run, { rounds }]) => [run, new Set(rounds.keys())]));
  }

  /** How many other doctors were heard. */
  get partners(): number {
    return this.#partners.size;
  }

  /** A probe came in. @param name link-layer address of its frame, for the report */
  input(probe: Probe, name: string): void {
    if (probe.run === this.#run) {
      this.#handedBack++;
      return;
    }
    let partner = this.#partners.get(probe.run);
    if (partner === undefined) {
      if (this.#partners.size === MAX_REPORTS) return;
      partner = { name, rounds: new Map(), ofUs: new Set(), said: 0 };
      this.#partners.set(probe.run, partner);
    }
    partner.rounds.set(probe.kind, (partner.rounds.get(probe.kind) ?? 0) + 1);
    const ofUs = probe.heard.get(this.#run);
    if (ofUs === undefined) return;
    partner.ofUs = ofUs;
    partner.said++;
  }

  /**
   * What does not come through.
   *
   * @param sent the ways on which this host sends
   */
  *findings(on: string, sent: ReadonlySet<ProbeKind>, querierHeard: boolean): Generator<Finding> {
    if (this.#handedBack > 0)
      yield {
        code: 'handed-back',
        severity: 'warning',
        on,
        text: 'the network hands this host its own frames back',
        remedy:
          'on a hypervisor: take its port out of promiscuous mode, or set ReversePathFwdCheckPromisc; look for a loop between switches. carpet ignores them; BSD and older ucarp peers do not',
      };
    for (const partner of this.#partners.values()) {
      const rounds = Math.max(...partner.rounds.values());
      if (rounds < MIN_ROUNDS) continue;
      const there = partner.said >= MIN_ROUNDS ? [...sent].filter((kind) => !partner.ofUs.has(kind)) : [];
      for (const kind of there) {
        const finding = lost(kind, `from this host to ${partner.name}`, querierHeard);
        if (finding !== undefined && partner.ofUs.size > 0) yield { ...finding, on };
      }
    }
  }
}

function lost(kind: ProbeKind, way: string, querierHeard: boolean): Omit<Finding, 'on'> | undefined {
  if (kind === 'foreign')
    return {
      code: 'mac-filter',
      severity: 'warning',
      text: `frames with another source address than the interface's own are dropped on the way ${way}`,
      remedy:
        'allow forged transmits and MAC changes at the port of the hypervisor, or do without virtualMac; ucarp and BSD peers always use one',
    };
  if (kind === 'broadcast') return undefined;
  const family = kind === 'group' ? 'IPv4' : 'IPv6';
  const querier = querierHeard ? '' : ', and no IGMP or MLD querier was heard';
  return {
    code: 'multicast',
    severity: 'error',
    text: `multicast over ${family} to CARP's group does not come through ${way}, though other frames do${querier}`,
    remedy:
      'a switch with IGMP or MLD snooping drops it: give the VLAN a querier, exempt the group, or set unicast peers',
  };
}
