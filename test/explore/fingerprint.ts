/**
 * What of a world decides its future, as one text: worlds with the same text behave alike. Of each vhid it is what its state
 * machine and its seals hand over to a successor (handover/schema.ts: all that one needs to go on), and its armed callouts;
 * of the wire, the advertisements under way. Three abstractions keep the number of texts small:
 *
 * - a time is its distance from now, and all times further back than any timeout are alike;
 * - a seal's counter is its age, to a sixteenth of a second; of the counters that were used only those matter that are
 *   still under way, since no other comes again;
 * - what a state does not ask for is left out: see `NOT_ASKED`.
 *
 * `fingerprint.test.ts` holds this against the code: every member of what is handed over is in one of the two lists, and
 * worlds with one text go on alike.
 *
 * @module
 */
import { unitsToMs } from '../../modules/carp/election/interval.js';
import { ALIVE_INTERVALS } from '../../modules/carp/election/master-watch.js';
import type { CarpMachineState, CarpSealState, CarpWatchState } from '../../modules/carp/handover/schema.js';
import { SEAL_UNIT_MS, sequenceAt, sequenceOf } from '../../modules/carp/seal/format.js';
import { ADVERT_GRID_MS } from '../../modules/vip/index.js';
import type { ExploredHost, Held } from './host.js';

/** The age of a seal's counter counts in such pieces. */
const AGE_MS = 62.5;
/** The bits of a counter's lower word that are not its mark's. */
const MARK_BITS = 9;

/** Members of the handed over state that are in the text, by path. */
export const ASKED: readonly string[] = [
  'machine.state',
  'machine.advertisement',
  'machine.lastSent',
  'machine.lastTried',
  'machine.sentInterval',
  'machine.reasserts',
  'machine.backoff',
  'machine.since',
  'machine.announceIn',
  'machine.paused',
  'machine.tie',
  'machine.watch',
  'seal',
];

/** Those that are not, and why the future of an explored world does not depend on them. */
export const NOT_ASKED: Readonly<Record<string, string>> = {
  ifname: 'always eth0',
  vhid: 'always 1',
  settings: 'never changed',
  added: 'interfaces stay up',
  counter: 'every advertisement is sealed',
  digest: 'all hosts use the same',
  replay: 'judges what has no seal, and every advertisement has one',
  readiness: 'no start-up delay, and nobody holds a vhid in INIT',
  master: 'for the status alone',
  peers: 'for the status alone',
  output: 'nothing fails to be sent',
  fitness: 'no address fails to be added',
  service: 'follows the state, which is a rule of its own; without a lifetime there is no renewal',
  'machine.slowerSince': 'asked with preemptDelay, which is 0',
  'machine.blip': 'interfaces stay up',
};

/** Everything that is needed of a world. */
export interface Fingerprinted {
  readonly now: number;
  /** The oldest age in ms that still makes a difference. */
  readonly horizon: number;
  readonly hosts: readonly ExploredHost[];
  readonly held: readonly Held[];
  /** Crashes that may still happen. */
  readonly crashes: number;
}

export function fingerprint(world: Fingerprinted): string {
  const { now, hosts, held, crashes } = world;
  let text = `${crashes} ${Math.round((now % ADVERT_GRID_MS) * 100)}`;
  for (const host of hosts) text += host.vhid === undefined ? '|off' : `|${hostText(host, world)}`;
  for (const each of held) text += `|${heldText(each, world)}`;
  return text;
}

function hostText({ vhid, clock }: ExploredHost, world: Fingerprinted): string {
  const seal = vhid!.credentials.seals.capture();
  let text = `${machineText(vhid!.machine.capture(), world)} ${sealText(seal, world)}`;
  for (const { name, deadline } of clock.callouts()) text += ` ${name} ${timeText(deadline, world)}`;
  return text;
}

function machineText(machine: CarpMachineState, world: Fingerprinted): string {
  const { state, backoff, tie, watch, paused } = machine;
  const at = (time: number | null): string => (time === null ? '-' : timeText(time, world));
  // `since` is where a back-off counts from.
  const reasserts = machine.reasserts.map(at).join();
  let text = `${state} ${reasserts} ${backoff === 0 ? '-' : `${backoff} ${at(machine.since)}`} ${paused}`;
  // How long the peer is waited for depends on what it said; `heardAt` tells families apart, and there is one.
  const { deadline, vote, peer } = watch[4];
  text += ` ${at(deadline)} ${vote} ${peer?.units} ${peer?.demote} ${peer?.source}${followedText(watch[4], world)}`;
  const { rival } = tie;
  if (rival !== null)
    text += ` rival ${rival.address} ${state === 'MASTER' ? '' : Math.round(rival.heard - rival.at)}`;
  if (state !== 'MASTER') return text;
  text += ` ${at(machine.advertisement)} ${at(machine.lastSent)} ${at(machine.lastTried)}`;
  text += ` ${machine.sentInterval} ${machine.announceIn}`;
  for (const { peer, since, lastHeard, spoken, ignored } of tie.meetings)
    text += ` met ${peer} ${at(since)} ${at(lastHeard)} ${at(spoken)} ${ignored}`;
  return text;
}

/** The master that is followed, as long as it counts as alive. */
function followedText({ followed, followedAt }: CarpWatchState[4], world: Fingerprinted): string {
  if (followed === null || followedAt === null) return '';
  const { units, source } = followed;
  if (world.now - followedAt >= ALIVE_INTERVALS * unitsToMs(units)) return '';
  return ` follows ${source} ${units} ${timeText(followedAt, world)}`;
}

function sealText(seal: CarpSealState | null, world: Fingerprinted): string {
  if (seal === null) return '';
  const { highest, at, floor, restored, start } = seal.sequence;
  const age = (sequence: number): string => (sequence < 0 ? '-' : sequenceAge(sequence, world));
  let text = `${age(highest)} ${timeText(at, world)} ${age(floor)} ${restored} ${start === null} `;
  for (const { packet } of world.held) text += fateOf(packet.payload, seal);
  return text;
}

/** What this host knows of a counter that is under way. */
function fateOf(payload: Uint8Array, { recent }: CarpSealState): number {
  const { high, low } = countersOf(payload);
  for (let i = 0; i < recent.length; i += 3)
    if (recent[i] === high && (recent[i + 1]! ^ low) >>> MARK_BITS === 0) return recent[i + 2]!;
  return 0;
}

function heldText({ to, packet, sentAt, late }: Held, world: Fingerprinted): string {
  const { payload, source } = packet;
  const { high, low } = countersOf(payload);
  const said = `${payload[2]} ${payload[4]} ${payload[5]}`;
  return `${source}>${to.name} ${said} ${sequenceAge(sequenceOf(high, low), world)} ${timeText(sentAt, world)} ${late}`;
}

function timeText(time: number, { now, horizon }: Fingerprinted): string {
  return now - time > horizon ? 'old' : String(Math.round((time - now) * 100));
}

function sequenceAge(sequence: number, { horizon, hosts }: Fingerprinted): string {
  const age = (sequenceAt(hosts[0]!.clock.wallTime()) - sequence) * SEAL_UNIT_MS;
  return age > horizon ? 'old' : String(Math.round(age / AGE_MS));
}

function countersOf(payload: Uint8Array): { readonly high: number; readonly low: number } {
  const view = new DataView(payload.buffer, payload.byteOffset);
  return { high: view.getUint32(8), low: view.getUint32(12) };
}
