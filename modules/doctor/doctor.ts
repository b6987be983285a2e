import { describe } from '../../core/errors.js';
import type { Clock } from '../../core/index.js';
import type { CapturedPacket } from '../capture/index.js';
import { InetAddress } from '../ifnet/index.js';
import { checkFirewall } from './checks/firewall.js';
import { checkAddresses, checkInterface } from './checks/interface.js';
import { checkSnooping } from './checks/snooping.js';
import { checkSysctls } from './checks/sysctls.js';
import type { Finding } from './finding.js';
import { Listener } from './listen/listener.js';
import { PROBE_KINDS, type ProbeEnds, type ProbeKind, probeFrame } from './listen/probe.js';
import type { HostFacts, HostInterface, SubjectVhid } from './subject.js';

/** Between two rounds of probes: four small frames each. */
const ROUND_MS = 300;

/** Where advertisements go unless a vhid's settings say otherwise. */
export const CARP_GROUPS = {
  group: InetAddress.parse('224.0.0.18'),
  group6: InetAddress.parse('ff02::12'),
} as const;

/** A tap on an interface: what the doctor hears and sends with. */
export interface DoctorTap extends Disposable {
  send(frame: Uint8Array): void;
}

/** What an examination needs. */
export interface Examination {
  readonly ifname: string;
  readonly vhids: readonly SubjectVhid[];
  /** Asked at the beginning and at the end. */
  readonly facts: () => HostFacts;
  /** How long to listen, in ms. */
  readonly duration: number;
  /** Whether to send probes to a doctor on another host. */
  readonly probes: boolean;
  /** A number for this run, 16 hexadecimal digits. */
  readonly run: string;
  readonly clock: Clock;
  readonly wait: (ms: number) => Promise<unknown>;
  /** Opens a tap. @throws SystemError without the privilege */
  readonly tap: (index: number, packet: (packet: CapturedPacket) => void) => DoctorTap;
}

/** What an examination found. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** What could not be examined, and how to. */
  readonly notes: readonly string[];
}

/** Examines one interface: asks the host, listens for a while, and sends the probes of {@link PROBE_KINDS} if asked to. */
export async function examine(examination: Examination): Promise<Diagnosis> {
  const { ifname, vhids, facts } = examination;
  const before = facts();
  const findings = [...checkInterface(ifname, before)];
  const ifp = before.interfaces.find(({ name }) => name === ifname);
  if (ifp === undefined || findings.length > 0) return { findings, notes: [] };
  const { listener, sent, unsent } = await listen(examination, ifp);
  const after = facts();
  // It may have gone, or gone down, meanwhile.
  findings.push(...checkInterface(ifname, after));
  for (const vhid of vhids) findings.push(...checkAddresses(vhid, after));
  findings.push(...checkFirewall(vhids, after));
  findings.push(...checkSysctls(ifname, after, vhids, listener.heard));
  findings.push(...checkSnooping(ifname, after, listener.queriers));
  findings.push(...listener.findings(ifname, sent));
  const notes = notesOf(examination, listener, after);
  if (unsent !== undefined && findings.length === 0) notes.push(`probes could not be sent: ${unsent}`);
  return { findings: distinct(findings), notes };
}

/** What was heard, on which ways probes were sent, and why the last one that could not be sent was not. */
interface Heard {
  readonly listener: Listener;
  readonly sent: ReadonlySet<ProbeKind>;
  readonly unsent: string | undefined;
}

async function listen(examination: Examination, ifp: HostInterface): Promise<Heard> {
  const { vhids, duration, probes, run, clock, wait } = examination;
  const listener = new Listener(run, vhids);
  const sent = new Set<ProbeKind>();
  using tap = examination.tap(ifp.index, (packet) => listener.input(packet));
  let unsent: string | undefined;
  const end = clock.now() + duration;
  for (let left = duration; left > 0; left = end - clock.now()) {
    if (probes) unsent = sendRound(tap, listener, { run, ends: endsOf(ifp, vhids) }, sent) ?? unsent;
    await wait(Math.min(left, ROUND_MS));
  }
  return { listener, sent, unsent };
}

/** @returns why one was not sent: an interface that goes must not take the findings with it */
function sendRound(
  tap: DoctorTap,
  { exchange }: Listener,
  { run, ends }: { readonly run: string; readonly ends: ProbeEnds },
  sent: Set<ProbeKind>,
): string | undefined {
  const { heard } = exchange;
  let unsent: string | undefined;
  for (const kind of PROBE_KINDS) {
    const frame = probeFrame({ run, kind, heard }, ends);
    if (frame === undefined) continue;
    try {
      tap.send(frame);
      sent.add(kind);
    } catch (error) {
      unsent = describe(error);
    }
  }
  return unsent;
}

/** An address that is shared is no source: its owner may be another host. */
function endsOf({ lladdr, addresses }: HostInterface, vhids: readonly SubjectVhid[]): ProbeEnds {
  const shared = vhids.flatMap((vhid) => vhid.addresses.map(({ address }) => address));
  const own = addresses
    .map(({ address }) => address)
    .filter((address) => !shared.some((each) => each.equals(address)));
  const first = (test: (address: InetAddress) => boolean): InetAddress | undefined => own.find(test);
  const { group, group6 } = vhids[0] ?? CARP_GROUPS;
  return {
    lladdr,
    source: first(({ family }) => family === 4),
    source6: first(({ family, isLinkLocal }) => family === 6 && isLinkLocal),
    group,
    group6,
  };
}

function notesOf({ probes, vhids }: Examination, listener: Listener, { ruleset }: HostFacts): string[] {
  const notes: string[] = [];
  if (probes && listener.exchange.partners === 0)
    notes.push(
      'no other host answered: run carpet doctor on the peers at the same time to test the way through the switch',
    );
  if (listener.advertisements === 0 && vhids.length > 0) notes.push('no advertisement was heard');
  if (ruleset === undefined) notes.push('the firewall was not examined: nft is missing, or needs root');
  return notes;
}

function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.code} ${finding.on} ${finding.text}`, finding]));
  return [...seen.values()];
}
