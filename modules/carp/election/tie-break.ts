/**
 * The dialect `auto` between two MASTERs with equal timers, when the kind of the peer is unknown.
 *
 * With ucarp and carpet the lower address stays. A BSD yields to any peer it hears, whatever the addresses. So the lower
 * address stays, which suits all. The higher one must yield to ucarp and carpet; but a BSD peer may be yielding at the
 * same instant, if the two advertisements crossed. Then no MASTER is left, and the two meet again in step one dead time
 * later. Hence four rules:
 *
 * 1. A loser yields only if it advertised since the two met, at least `SLACK_MS` ago. Had the peer been a BSD that heard
 *    it, it would be silent; and if our advertisements before the meeting were lost in a partition, the winner would not
 *    know of us, and not correct the neighbours. Until then the loser holds on. If its own last advertisement is older
 *    than `SLACK_MS`, it advertises at once; otherwise the two may have crossed, and it moves its next one out of step.
 * 2. A winner answers as soon as the loser's last advertisement is that old, to settle the tie quickly.
 * 3. A winner that is ignored `MAX_IGNORED` times yields: to a big-endian ucarp, which compares the other way round, or
 *    to a peer that cannot hear us.
 * 4. A host that yielded to a peer that may have yielded too adds a random part of an interval to its first timeout. If
 *    it hears no advertisement until then, the peer did yield, and is not yielded to in the term that begins (rule 3
 *    excepted). An advertisement from a third host clears the rival: of three equal hosts two may have yielded to each
 *    other before both heard the third, and when that one dies much later they must not meet as rivals.
 *
 * Of two families IPv4 decides, so that both agree. IPv6 decides about a peer that is not heard over IPv4: one that has
 * advertised twice over IPv6 since the last tie over IPv4.
 *
 * @module
 */
import type { Random } from '../../../core/random.js';
import { InetAddress, type InetFamily } from '../../ifnet/index.js';
import { timeFromJson, timeToJson } from '../../vip/index.js';
import type { CarpTieState } from '../handover/schema.js';

/** Longer than an advertisement takes to reach the peer; at most `SLACK_PART` of an interval. */
const SLACK_MS = 250;
const SLACK_PART = 0.25;
/** Advertisements of a peer that followed one of ours. Within two dead times of six intervals at the ratio of 3. */
const MAX_IGNORED = 4;
/** Peers that are told apart: those heard last. */
const MAX_PEERS = 16;
/** After more silent intervals than this a new meeting begins: there was a partition, or the peer was down. */
const MAX_SILENT_INTERVALS = 3;

/** What to do: remain MASTER, yield, hold on, or advertise and hold on (`speak`). */
export type TieVerdict = 'stay' | 'yield' | 'hold' | 'speak';

/** We and one peer, both MASTER. */
interface Meeting {
  /** When it was first heard. */
  readonly since: number;
  lastHeard: number;
  /** When we first advertised in it, as far as we know. */
  spoken: number | undefined;
  /** Its advertisements that followed one of ours. */
  ignored: number;
}

/** For a BACKUP, the peer we yielded to; for a MASTER, the peer that yielded when we did. */
interface Rival {
  readonly address: InetAddress;
  /** When we yielded. */
  readonly at: number;
  /** When it was last heard. */
  heard: number;
}

/** Settles ties of one vhid, by the rules above. */
export class TieBreak {
  /** By source; undefined: none, as nearly always. */
  #meetings: Map<string, Meeting> | undefined;
  /** Ties over IPv6 since the last over IPv4, by source; undefined: none. */
  #over6: Map<string, number> | undefined;
  #rival: Rival | undefined;

  constructor(private readonly random: Random) {}

  /** A term as MASTER begins; `silence`: because no advertisement was heard for a dead time. */
  begin(silence: boolean, interval: number): void {
    this.#meetings = undefined;
    this.#over6 = undefined;
    // A peer that yielded sent at most what was under way.
    if (this.#rival !== undefined && !(silence && this.#rival.heard - this.#rival.at <= 2 * interval))
      this.#rival = undefined;
  }

  /** A term as MASTER ends; `rival`: the peer we yielded to, if it may have yielded too. */
  end(rival: InetAddress | undefined, now: number): void {
    this.#rival = rival && { address: rival, at: now, heard: now };
  }

  /** As BACKUP we heard this peer. */
  heard(peer: InetAddress | undefined, now: number): void {
    if (this.#rival === undefined || peer?.family !== this.#rival.address.family) return;
    if (this.#rival.address.equals(peer)) this.#rival.heard = now;
    else this.#rival = undefined;
  }

  /** Whether a tie that was heard in this family is to be judged. @param families those of the vhid */
  decides(family: InetFamily, peer: InetAddress | undefined, families: readonly InetFamily[]): boolean {
    if (family === 4 || (this.#over6 !== undefined && this.#over6.size >= MAX_PEERS)) this.#over6 = undefined;
    if (family === 4 || !families.includes(4)) return true;
    const source = String(peer);
    const over6 = (this.#over6 ??= new Map());
    const count = (over6.get(source) ?? 0) + 1;
    over6.set(source, count);
    return count > 1;
  }

  /**
   * As MASTER we heard this peer.
   *
   * @param won our address wins
   * @param now with `lastSent`, when our last advertisement left, on one clock in ms
   * @param interval ms between two of our advertisements
   */
  judge(
    won: boolean,
    peer: InetAddress | undefined,
    now: number,
    lastSent: number,
    interval: number,
  ): TieVerdict {
    const meeting = this.#meet(String(peer), now, interval);
    const spoke = lastSent > meeting.lastHeard;
    meeting.lastHeard = now;
    if (won || (peer !== undefined && this.#rival?.address.equals(peer) === true)) {
      if (spoke) meeting.ignored++;
      return meeting.ignored < MAX_IGNORED ? 'stay' : 'yield';
    }
    if (lastSent >= meeting.since) meeting.spoken ??= lastSent;
    if (meeting.spoken !== undefined && now - meeting.spoken >= slack(interval)) return 'yield';
    if (now - lastSent < slack(interval)) return 'hold';
    meeting.spoken ??= now;
    return 'speak';
  }

  /** By how many ms a loser that holds on delays its next advertisement. */
  holdDelay(interval: number): number {
    return slack(interval) * (1 + this.random.float() / 2);
  }

  /** In how many ms a winner answers: at random, or two hosts that ignore each other would yield in step. */
  answerDelay(interval: number): number {
    return slack(interval) * (1.1 + 0.2 * this.random.float());
  }

  /** How much to add to the first timeout after yielding, in intervals. */
  backoff(): number {
    return 0.2 + 0.4 * this.random.float();
  }

  capture(): CarpTieState {
    const meetings = [...(this.#meetings ?? [])].map(([peer, { lastHeard, spoken, ...meeting }]) => ({
      peer,
      ...meeting,
      lastHeard: timeToJson(lastHeard),
      spoken: timeToJson(spoken),
    }));
    const over6 = [...(this.#over6 ?? [])].map(([peer, count]) => ({ peer, count }));
    const rival = this.#rival && { ...this.#rival, address: String(this.#rival.address) };
    return { meetings, over6, rival: rival ?? null };
  }

  adopt({ meetings, over6, rival }: CarpTieState): void {
    this.#meetings = new Map(
      meetings.map(({ peer, lastHeard, spoken, ...meeting }) => [
        peer,
        { ...meeting, lastHeard: timeFromJson(lastHeard), spoken: spoken ?? undefined },
      ]),
    );
    this.#over6 = new Map(over6.map(({ peer, count }) => [peer, count]));
    this.#rival = rival === null ? undefined : { ...rival, address: InetAddress.parse(rival.address) };
  }

  /** The current meeting with that peer, or a new one. */
  #meet(peer: string, now: number, interval: number): Meeting {
    const meetings = (this.#meetings ??= new Map());
    const known = meetings.get(peer);
    meetings.delete(peer);
    const continues = known !== undefined && now - known.lastHeard <= MAX_SILENT_INTERVALS * interval;
    const meeting = continues
      ? known
      : { since: now, lastHeard: Number.NEGATIVE_INFINITY, spoken: undefined, ignored: 0 };
    // Maps iterate in the order of insertion: the first was heard longest ago.
    const [oldest] = meetings.keys();
    if (oldest !== undefined && meetings.size >= MAX_PEERS) meetings.delete(oldest);
    meetings.set(peer, meeting);
    return meeting;
  }
}

function slack(interval: number): number {
  return Math.min(SLACK_MS, interval * SLACK_PART);
}
