/**
 * The dialect `auto` between two MASTERs with equal timers, when nobody says who the peer is.
 *
 * ucarp and carpet let the lower address stay. A BSD yields to whoever it hears, whatever the addresses. So the lower
 * address stays, which suits all; the higher one must yield to ucarp and carpet, but a BSD peer may be yielding at the
 * same instant, if our advertisement and its one crossed, and then nobody is left, and the two would meet again one
 * dead time later in step. Hence four rules:
 *
 * 1. A loser that hears the peer yields only when it has itself spoken since the two met, `SLACK` ago: had the peer been
 *    a BSD that heard it, it would be silent; and had our words before the meeting been lost in a partition, the winner
 *    would not know of us, and not correct the neighbours. Until then it holds on. If its own last advertisement is
 *    `SLACK` old, it speaks at once; otherwise the two may have crossed, and it puts its next one out of step.
 * 2. Whoever wins answers as soon as the loser's last advertisement is that old, to have it over.
 * 3. Whoever wins but is ignored, `PATIENCE` times over, yields: to a big-endian ucarp, which compares the other way
 *    round, or to a peer that cannot hear us.
 * 4. Whoever yielded to a peer that may have yielded too adds a random part of an interval to its first timeout. If
 *    nobody at all is heard until then, the peer did yield, and in the term that begins it is not yielded to (rule 3
 *    apart). Somebody else's word ends the matter: of three equal hosts two may have yielded to each other before both
 *    heard the third, and when that one dies much later they must not meet as rivals.
 */
import type { Random } from '../../../core/random.js';
import type { InetAddress } from '../../ifnet/index.js';

/** In ms, and at most this part of an interval: longer than an advertisement takes to the peer. */
const SLACK = 250;
const SLACK_PART = 0.25;
const HOLDS = 2;
/** Advertisements of theirs that followed one of ours. Within two dead times of six intervals at the ratio of 3. */
const PATIENCE = 4;
/** So many peers are told apart; of more, those heard last. */
const MAX_PEERS = 16;
/** Intervals without a word after which the next is another meeting: there was a partition, or the peer was gone. */
const MEETING = 3;

/** `speak`: advertise, then hold on. */
export type TieVerdict = 'stay' | 'yield' | 'hold' | 'speak';

/** We and one peer, both MASTER. */
interface Meeting {
  /** When it was first heard. */
  readonly since: number;
  lastHeard: number;
  /** When we first spoke in it, as far as we know. */
  spoken: number | undefined;
  /** Its advertisements that followed one of ours. */
  ignored: number;
  /** How often we lost and held on. */
  held: number;
}

/** As BACKUP: whom we yielded to. As MASTER: who yielded when we did. */
interface Rival {
  readonly address: InetAddress;
  /** When we yielded. */
  readonly at: number;
  /** Until when it was heard. */
  heard: number;
}

export class TieBreak {
  /** By source. */
  readonly #meetings = new Map<string, Meeting>();
  #rival: Rival | undefined;

  constructor(private readonly random: Random) {}

  /** A term as MASTER begins: because a dead time was silent, or for another reason. */
  begin(silence: boolean, interval: number): void {
    this.#meetings.clear();
    // A peer that yielded said at most what was under way.
    if (this.#rival !== undefined && !(silence && this.#rival.heard - this.#rival.at <= 2 * interval))
      this.#rival = undefined;
  }

  /** A term as MASTER ends; `rival`: we yielded to it, and it may have yielded too. */
  end(rival: InetAddress | undefined, now: number): void {
    this.#rival = rival && { address: rival, at: now, heard: now };
  }

  /** As BACKUP we heard this peer. */
  heard(peer: InetAddress | undefined, now: number): void {
    if (this.#rival === undefined || peer?.family !== this.#rival.address.family) return;
    if (this.#rival.address.equals(peer)) this.#rival.heard = now;
    else this.#rival = undefined;
  }

  /** As MASTER we heard this peer. `lastSent`: when our last advertisement left; `interval`: ms between two of ours. */
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
      return meeting.ignored < PATIENCE ? 'stay' : 'yield';
    }
    if (lastSent >= meeting.since) meeting.spoken ??= lastSent;
    if (meeting.spoken !== undefined && now - meeting.spoken >= slack(interval)) return 'yield';
    if (meeting.held++ >= HOLDS) return 'yield';
    if (now - lastSent < slack(interval)) return 'hold';
    meeting.spoken ??= now;
    return 'speak';
  }

  /** By how much a loser that holds on puts off its next advertisement. */
  holdDelay(interval: number): number {
    return slack(interval) * (1 + this.random.float() / 2);
  }

  /** When, from now, a winner answers. At random, or two that ignore each other would yield in step. */
  answerDelay(interval: number): number {
    return slack(interval) * (1.1 + 0.2 * this.random.float());
  }

  /** What to add to the first timeout after yielding, in intervals. */
  backoff(): number {
    return 0.2 + 0.4 * this.random.float();
  }

  /** The meeting with that peer: the present one, or a new one. */
  #meet(peer: string, now: number, interval: number): Meeting {
    const known = this.#meetings.get(peer);
    this.#meetings.delete(peer);
    const goesOn = known !== undefined && now - known.lastHeard <= MEETING * interval;
    const meeting = goesOn
      ? known
      : { since: now, lastHeard: Number.NEGATIVE_INFINITY, spoken: undefined, ignored: 0, held: 0 };
    // Maps iterate in the order of insertion: the first was heard longest ago.
    const [oldest] = this.#meetings.keys();
    if (oldest !== undefined && this.#meetings.size >= MAX_PEERS) this.#meetings.delete(oldest);
    this.#meetings.set(peer, meeting);
    return meeting;
  }
}

function slack(interval: number): number {
  return Math.min(SLACK, interval * SLACK_PART);
}
