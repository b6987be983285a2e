/**
 * What of a world decides its future, as one text: worlds with the same text behave alike. Of each vhid it is what its state
 * machine and its seals hand over to a successor (handover/schema.ts: all that one needs to go on), and its armed callouts;
 * of the wire, the advertisements under way. Four abstractions keep the number of texts small. None merges worlds that
 * could break different rules, since each leaves out only what no code asks again:
 *
 * - a time is its distance from now, and all times further back than any timeout are alike;
 * - of a time that code holds against a bound alone, only the side matters once it is past that: nothing brings it back;
 * - the common time of seals is the hosts' clock, but by how much a vhid is ahead of it: what is sent from now on is
 *   fresh to all. Of what is under way the text has what each host makes of it;
 * - what a state does not ask for is left out: see `NOT_ASKED`.
 *
 * `fingerprint.test.ts` holds this against the code: every member of what is handed over is in one of the two lists, and
 * worlds with one text go on alike.
 *
 * @module
 */
import { unitsToMs } from '../../modules/carp/election/interval.js';
import { ALIVE_INTERVALS } from '../../modules/carp/election/master-watch.js';
import type {
  CarpMachineState,
  CarpSealState,
  CarpTieState,
  CarpWatchState,
} from '../../modules/carp/handover/schema.js';
import { SEAL_UNIT_MS, sequenceAt, sequenceOf } from '../../modules/carp/seal/format.js';
import { CarpSequence } from '../../modules/carp/seal/sequence.js';
import { ADVERT_GRID_MS } from '../../modules/vip/index.js';
import { wallTime } from './clock.js';
import type { Held, HostState, VhidState } from './host.js';
import type { ExploreSettings } from './settings.js';
import type { WorldState } from './world.js';

/**
 * A seal that is ahead of the clock by less does nothing: another one is late by 0.9 s at most, and fresh until it is a
 * second behind.
 */
const AHEAD_MS = 62.5;
/** The bits of a counter's lower word that are not its mark's. */
const MARK_BITS = 9;

/** Members of the handed over state that are in the text, by path. */
export const ASKED: readonly string[] = [
  'machine.state',
  'machine.advertisement',
  'machine.lastSent',
  'machine.backoff',
  'machine.since',
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
  hashed: 'never changed',
  formerHashed: 'never changed',
  replay: 'judges what has no seal, and every advertisement has one',
  readiness: 'no start-up delay, and nobody holds a vhid in INIT',
  master: 'for the status alone',
  peers: 'for the status alone',
  output: 'nothing fails to be sent, and what is told one host alone is lost',
  fitness: 'no address fails to be added',
  service: 'follows the state, which is a rule of its own; without a lifetime there is no renewal',
  'machine.lastTried': 'nothing fails to be sent, so it is lastSent',
  'machine.sentInterval': 'asked when an interface comes back, and interfaces stay up',
  'machine.reasserts': 'limits announcements, which no election hears',
  'machine.announceIn': 'counts to an announcement, which no election hears',
  'machine.slowerSince': 'asked with preemptDelay, which is 0',
  'machine.rivalSince': 'asked of a host without an address of its own',
  'machine.rivalAt': 'asked of a host without an address of its own',
  'machine.blip': 'interfaces stay up',
};

/** What no world changes, and by which times are judged. */
interface Bounds {
  /** The oldest age in ms that still makes a difference. */
  readonly horizon: number;
  /** The longest interval of a host, in ms. */
  readonly interval: number;
}

/** In intervals: TieBreak's longest slack, and what counts as long ago for a MASTER that heard a worse one. */
const SLACK_INTERVALS = 1 / 4;
/** A MASTER's timer is due before its silence is two intervals old, by more than it can be late: it is never too long. */
const SPEAKS_WITHIN_INTERVALS = 1.75;
/** TieBreak: a meeting is over after that silence. */
const MEETING_INTERVALS = 3;
/** TieBreak: a peer that was heard longer than that after we yielded to it did not yield. */
const RIVAL_INTERVALS = 2;

/** Makes the texts of one world's states. */
export class Fingerprints {
  readonly #bounds: Bounds;

  /** @param deadTime the longest of a host, in ms */
  constructor({ skews }: ExploreSettings, deadTime: number) {
    this.#bounds = { horizon: deadTime + 1000, interval: unitsToMs(256 + Math.max(...skews)) };
  }

  of(world: WorldState): string {
    const { now, hosts, held, crashes } = world;
    const moment: Moment = { now, held, ...this.#bounds };
    let text = `${crashes} ${Math.round(now * 100) % (ADVERT_GRID_MS * 100)}`;
    for (const host of hosts) text += `|${hostText(host, moment)}`;
    for (const each of held) text += `|${heldText(each, moment)}`;
    return text;
  }
}

interface Moment extends Bounds {
  readonly now: number;
  readonly held: readonly Held[];
}

function hostText({ name, vhid, timers }: HostState, moment: Moment): string {
  if (vhid === undefined) return 'off';
  const { machine, seal } = vhid;
  let text = machine.state === 'MASTER' ? masterText(machine, moment) : backupText(vhid, moment);
  text += ` ${sealText(name, seal, moment)}`;
  // Also whether a takeover was rehearsed.
  for (const { deadline } of timers) text += ` ${timeText(deadline, moment)}`;
  return text;
}

function backupText({ machine, interval }: VhidState, moment: Moment): string {
  const { backoff, since, tie, watch, paused } = machine;
  const { now } = moment;
  const { deadline, vote } = watch[4];
  let text = `B ${paused} ${timeText(deadline, moment)} ${vote} ${peerText(watch[4])}`;
  text += followedText(watch[4], moment);
  // From then on silence counts.
  const from = since + backoff * interval;
  if (from > now) text += ` from ${timeText(from, moment)}`;
  const { rival } = tie;
  const wait = RIVAL_INTERVALS * interval;
  // One that is heard later than that is none any more, and so is one that was.
  if (rival !== null && rival.heard - rival.at <= wait)
    text += ` rival ${rival.address} ${now - rival.at > wait ? '' : timeText(rival.at, moment)}`;
  return text;
}

function masterText(
  { lastSent, advertisement, paused, tie, watch }: CarpMachineState,
  moment: Moment,
): string {
  const { now, interval } = moment;
  const sent = lastSent!;
  let text = `M ${paused} ${timeText(advertisement, moment)} ${peerText(watch[4])}`;
  if (now - sent < SLACK_INTERVALS * interval || advertisement! - sent > SPEAKS_WITHIN_INTERVALS * interval)
    text += ` sent ${timeText(sent, moment)}`;
  if (tie.rival !== null) text += ` rival ${tie.rival.address}`;
  for (const meeting of tie.meetings) text += meetingText(meeting, sent, moment);
  return text;
}

/** Its times are held against that of our last advertisement, and against bounds. */
function meetingText(
  { peer, since, lastHeard, spoken, ignored }: CarpTieState['meetings'][number],
  sent: number,
  moment: Moment,
): string {
  const { now, interval } = moment;
  const heard = lastHeard ?? Number.NEGATIVE_INFINITY;
  if (now - heard > MEETING_INTERVALS * interval) return '';
  const text = ` met ${peer} ${timeText(heard, moment)} ${sent > heard} ${ignored}`;
  if (spoken === null) return `${text} ${sent >= since}`;
  return `${text} spoke ${now - spoken < SLACK_INTERVALS * interval ? timeText(spoken, moment) : ''}`;
}

/** How long the peer is waited for depends on what it said; `heardAt` tells families apart, and there is one. */
function peerText({ peer }: CarpWatchState[4]): string {
  return peer === null ? '-' : `${peer.units} ${peer.demote} ${peer.source}`;
}

/** The master that is followed, as long as it counts as alive. */
function followedText({ followed, followedAt }: CarpWatchState[4], moment: Moment): string {
  if (followed === null || followedAt === null) return '';
  const { units, source } = followed;
  if (moment.now - followedAt >= ALIVE_INTERVALS * unitsToMs(units)) return '';
  return ` follows ${source} ${units} ${timeText(followedAt, moment)}`;
}

/** By how much it is ahead, and what it makes of what is under way to it. */
function sealText(host: string, { sequence, recent }: CarpSealState, { now, held }: Moment): string {
  const { highest, restored, start, startedAt } = sequence;
  const ahead = highest < 0 ? '-' : aheadText(highest, now);
  let text = `${ahead} ${aheadText(start! + (now - startedAt) / SEAL_UNIT_MS, now)} ${restored} `;
  for (const { to, packet } of held) {
    if (to.name !== host) continue;
    const seals = new CarpSequence(0, 0);
    seals.adopt(sequence);
    const { high, low } = countersOf(packet.payload);
    text += fateOf(high, low, recent) + (seals.isFresh(sequenceOf(high, low), now, NO_DEAD_TIME) ? 'f' : 'o');
  }
  return text;
}

/** It makes old words of hosts that slept fresh; here none sleeps. */
const NO_DEAD_TIME = { deadTime: 0 };

/** What this host knows of a counter that is under way. Of others that were used none comes again. */
function fateOf(high: number, low: number, recent: CarpSealState['recent']): number {
  for (let i = 0; i < recent.length; i += 3)
    if (recent[i] === high && (recent[i + 1]! ^ low) >>> MARK_BITS === 0) return recent[i + 2]!;
  return 0;
}

function heldText({ to, packet, sentAt, late }: Held, moment: Moment): string {
  const { payload, source } = packet;
  const { high, low } = countersOf(payload);
  const said = `${payload[2]} ${payload[4]} ${payload[5]}`;
  const ahead = aheadText(sequenceOf(high, low), sentAt);
  return `${source}>${to.name} ${said} ${ahead} ${timeText(sentAt, moment)} ${late}`;
}

/** By how much a sequence is ahead of the hosts' clock, in whole sixteenths of a second. */
function aheadText(sequence: number, now: number): string {
  const ahead = (sequence - sequenceAt(wallTime(now))) * SEAL_UNIT_MS;
  return String(Math.max(0, Math.floor(ahead / AHEAD_MS)));
}

/** In hundredths of a ms from now. */
function timeText(time: number | null, { now, horizon }: Moment): string {
  if (time === null) return '-';
  return now - time > horizon ? 'old' : hundredths(time - now);
}

function hundredths(ms: number): string {
  return String(Math.round(ms * 100));
}

function countersOf(payload: Uint8Array): { readonly high: number; readonly low: number } {
  const view = new DataView(payload.buffer, payload.byteOffset);
  return { high: view.getUint32(8), low: view.getUint32(12) };
}
