/**
 * The state machine of one vhid: INIT, BACKUP, MASTER; one advertisement timer, and one master-down timer per address
 * family, because a dual-stack vhid must hear the master in both (FreeBSD ip_carp.c, carp_setrun and carp_input_c).
 *
 * Order of things when it becomes MASTER: state, timers, advertisement, then carp_state_event (address, gratuitous ARP,
 * everybody else). A handler of that event may change the state again; everything is in place by then.
 *
 * Deadlines are judged by what the sockets hold, not by when this process ran: a master-down timer first reads the
 * sockets, and does nothing if that has moved it. One that runs later than an advertisement interval means that
 * process or machine stood still; it then listens once more. A MASTER that stood still longer than its peers wait
 * becomes BACKUP to find out whether it was replaced.
 */
import type { Callout } from '../../../core/time/index.js';
import type { InetAddress, InetFamily } from '../../ifnet/index.js';
import type { CarpReason, CarpState } from '../state.js';
import { LinkBlip } from './blip.js';
import { type CarpContender, contest } from './election.js';
import { advertInterval, alignToGrid, deadTime, deadTimeUnits } from './interval.js';
import { violations } from './invariants.js';
import type { CarpMachineHost, CarpMachineNeeds } from './machine-host.js';
import { TieBreak } from './tie-break.js';

/** ucarp and OpenBSD announce again with the second advertisement after taking over. */
const DELAYED_GARP = 2;
const FAMILIES: readonly InetFamily[] = [4, 6];

/** What a change of state came with. */
interface Circumstances {
  readonly rival?: InetAddress | undefined;
  readonly silence?: boolean;
}

export class CarpMachine implements Disposable {
  state: CarpState = 'INIT';
  /** When the state was entered, on the kernel's clock. */
  since: number;
  readonly #down: Readonly<Record<InetFamily, Callout>>;
  readonly #ad: Callout;
  readonly #tie: TieBreak;
  readonly #blip = new LinkBlip();
  #lastSent = Number.NEGATIVE_INFINITY;
  /** The interval that was in force then. */
  #sentInterval = 0;
  #lastReassert = Number.NEGATIVE_INFINITY;
  readonly #lastHeard: Record<InetFamily, number> = {
    4: Number.NEGATIVE_INFINITY,
    6: Number.NEGATIVE_INFINITY,
  };
  #lastPeer: CarpContender | undefined;
  #slowerSince: number | undefined;
  /** Intervals after `since` from which on silence counts: what was under way when we yielded must not undo it. */
  #backoff = 0;
  #announceIn = 0;
  #ties6 = 0;
  #stoodStill = false;

  constructor(
    private readonly host: CarpMachineHost,
    private readonly context: CarpMachineNeeds,
  ) {
    const { clock, random } = context;
    this.since = clock.now();
    this.#tie = new TieBreak(random);
    this.#ad = clock.callout(`carp ${host.name} advertisement`, () => this.#tick());
    this.#down = {
      4: clock.callout(`carp ${host.name} master-down`, (late) => this.#masterDown(4, late)),
      6: clock.callout(`carp ${host.name} master-down6`, (late) => this.#masterDown(6, late)),
    };
  }

  /** Milliseconds between our advertisements, demotion included. */
  get interval(): number {
    return advertInterval(this.host.settings.advbase, this.host.advskew);
  }

  /** Milliseconds of silence after which the master is taken for dead; demotion does not count here. */
  get deadTime(): number {
    const { advbase, advskew, deadRatio } = this.host.settings;
    return deadTime(advbase, advskew, deadRatio);
  }

  /** Whether a BACKUP will take over before another advertisement can be expected. */
  get urgent(): boolean {
    if (this.state !== 'BACKUP') return false;
    const next = this.context.clock.now() + 1.5 * this.interval;
    return this.host.families.some((family) => this.#down[family].deadline < next);
  }

  /** INIT to BACKUP; on to MASTER if it was that a moment ago, and no peer can have taken over. */
  start(reason: CarpReason): void {
    if (this.state !== 'INIT') return;
    const inTime = this.#blip.back(this.context.clock.now());
    this.#become('BACKUP', reason);
    if (inTime) this.takeOver('hardware interface back in time');
  }

  /** To INIT, from wherever it is: nothing is sent, nothing expected. */
  stop(reason: CarpReason): void {
    this.#leave(reason);
    if (this.state !== 'INIT') this.#become('INIT', reason);
  }

  /** From BACKUP only, as FreeBSD. */
  takeOver(reason: CarpReason): void {
    if (this.state !== 'BACKUP') return;
    this.#become('MASTER', reason);
  }

  /** From MASTER to BACKUP; with a bow-out, so that a peer takes over at once, unless one is about to anyway. */
  relinquish(reason: CarpReason, bowOut = this.host.settings.bowOut): void {
    if (this.state !== 'MASTER') return;
    if (bowOut) this.host.bowOut();
    this.#become('BACKUP', reason);
  }

  /** Advertises now if it is MASTER: demotion or an address has changed. */
  advertiseNow(): void {
    if (this.state !== 'MASTER') return;
    this.#advertise();
    this.#ad.reset(this.interval);
  }

  /**
   * Another MASTER was heard, here or by a vhid of the failover group: the neighbours may have learnt its link-layer
   * address. A MASTER tells them its own, `atOnce` and with the second advertisement from now, or only then.
   */
  remind(atOnce: boolean): void {
    if (this.state !== 'MASTER') return;
    this.#announceIn = DELAYED_GARP;
    if (atOnce) this.host.announce();
  }

  /** Whether the master last heard, if it is still there, has shorter intervals than we. */
  get knowsBetter(): boolean {
    const heard = Math.max(this.#lastHeard[4], this.#lastHeard[6]);
    if (this.#lastPeer === undefined || this.context.clock.now() - heard > this.deadTime) return false;
    return this.#lastPeer.units < this.host.contender(this.host.families[0] ?? 4).units;
  }

  /** An authentic advertisement; `aliveOnly` when it may be a replay, good for nothing but waiting on. */
  heard(family: InetFamily, peer: CarpContender, aliveOnly: boolean): void {
    const now = this.context.clock.now();
    // Who was silent too long is no MASTER any more, whether its timer or its socket tells it first.
    if (this.#silentTooLong(now)) this.#standBack();
    if (this.state === 'INIT') return;
    const heard4 = now - this.#lastHeard[4] < this.deadTime;
    this.#lastHeard[family] = now;
    this.#lastPeer = peer;
    this.#stoodStill = false;
    if (aliveOnly) {
      if (this.state === 'BACKUP') this.#arm(family, now);
      return;
    }
    const { settings } = this.host;
    const own = this.host.contender(family);
    const verdict = contest({
      state: this.state,
      own,
      deadUnits: deadTimeUnits(settings.advbase, settings.advskew, settings.deadRatio),
      peer,
      preempt: this.#mayPreempt(own, peer, now),
      dialect: settings.election,
    });
    switch (verdict.action) {
      case 'wait':
        this.#tie.heard(peer.source, now);
        return this.#arm(family, now);
      case 'master':
        return this.takeOver(verdict.reason);
      case 'stay':
        return this.#stay(own, peer, now);
      case 'tie':
        return this.#settle(family, verdict.won, heard4, peer, now);
      case 'backup':
        return this.#yieldTo(own, peer, verdict.crossing, now);
    }
  }

  /** Settings have changed: timers run on as they were armed (FreeBSD's SIOCSVH), but for families come or gone. */
  rearm(): void {
    if (this.state !== 'BACKUP') return;
    for (const family of FAMILIES) {
      if (!this.host.families.includes(family)) this.#down[family].stop();
      else if (!this.#down[family].pending) this.#arm(family);
    }
  }

  /** The machine was suspended for `slept` ms, which its clock may not know: listen before claiming anything. */
  resumed(slept: number): void {
    if (this.state === 'MASTER' && slept > this.deadTime) this.#standBack();
    else if (this.state === 'BACKUP' && slept > this.interval) {
      for (const family of this.host.families) this.#arm(family);
    }
  }

  /** @internal For simulations. @throws Error when the timers do not fit the state */
  assertInvariants(): void {
    const { state, since, host } = this;
    const masterDown = new Map(
      FAMILIES.filter((family) => this.#down[family].pending).map((f) => [f, this.#down[f].deadline]),
    );
    const advertisement = this.#ad.pending ? this.#ad.deadline : undefined;
    const now = this.context.clock.now();
    const found = violations({ state, since, now, advertisement, masterDown, families: host.families });
    if (found.length > 0) throw new Error(`${host.name}: ${found.join('; ')}`);
  }

  [Symbol.dispose](): void {
    this.#stopTimers();
  }

  /**
   * Whether the interface was lost under a MASTER for the moment only. The rest of a failover group has been handed over
   * when it was: then it is not to come back by itself.
   */
  #leave(reason: CarpReason): void {
    const { advbase, deadRatio, failoverGroup } = this.host.settings;
    if (reason !== 'hardware interface down' || failoverGroup !== undefined) return this.#blip.forget();
    if (this.state !== 'MASTER') return;
    const terms = { lastSent: this.#lastSent, interval: this.#sentInterval, advbase, deadRatio };
    this.#blip.lost(this.context.clock.now(), terms, this.deadTime);
  }

  /** preemptDelay: a slower master must have been heard that long, without a better one in between. */
  #mayPreempt(own: CarpContender, peer: CarpContender, now: number): boolean {
    if (!this.host.preempt) return false;
    if (this.state !== 'BACKUP' || own.units >= peer.units) {
      this.#slowerSince = undefined;
      return true;
    }
    this.#slowerSince ??= now;
    return now - this.#slowerSince >= this.host.settings.preemptDelay;
  }

  /** A worse master is about. We stay, tell the neighbours, and tell it if our last advertisement is old. */
  #stay(own: CarpContender, peer: CarpContender, now: number): void {
    if (own.units < peer.units && now - this.#lastSent > this.interval / 4) this.advertiseNow();
    this.#reassert(peer, now);
  }

  #settle(family: InetFamily, won: boolean, heard4: boolean, peer: CarpContender, now: number): void {
    this.context.statistics.ties.add();
    // Both families must come to the same verdict: IPv4 decides where there is any.
    if (family === 6 && this.host.families.includes(4) && (heard4 || ++this.#ties6 < 2)) return;
    const verdict = this.#tie.judge(won, peer.source, now, this.#lastSent, this.interval);
    if (verdict === 'stay') {
      this.#ad.reset(this.#tie.answerDelay(this.interval));
      this.#reassert(peer, now);
    } else if (verdict === 'yield') {
      this.#become('BACKUP', 'more frequent advertisement received', { rival: peer.source });
    } else this.#holdOn(verdict);
  }

  /** We lost, but the peer may not have heard us, or may be yielding to us just now. */
  #holdOn(verdict: 'hold' | 'speak'): void {
    if (verdict === 'speak') this.#advertise();
    this.#ad.reset(this.interval + this.#tie.holdDelay(this.interval));
    this.#contested(false);
  }

  /**
   * A better MASTER. Our parting word (ucarp's: FreeBSD and OpenBSD yield in silence) lets it know that the neighbours
   * may have learnt our link-layer address: after a partition it has heard of no other MASTER, and announces nothing.
   */
  #yieldTo(own: CarpContender, peer: CarpContender, crossing: boolean, now: number): void {
    if (crossing && this.host.settings.election === 'auto') {
      const verdict = this.#tie.judge(false, peer.source, now, this.#lastSent, this.interval);
      if (verdict === 'hold' || verdict === 'speak') return this.#holdOn(verdict);
    }
    if (!crossing) this.#advertise();
    const better = own.units >= peer.units;
    const reason = better ? 'more frequent advertisement received' : 'less demoted advertisement received';
    this.#become('BACKUP', reason, { rival: crossing ? peer.source : undefined });
  }

  /**
   * ucarp: "Non-preferred master advertising: reasserting control"; at most twice an interval. What came too soon after
   * the last time is answered with the next advertisement: its sender may have announced itself since.
   */
  #reassert(peer: CarpContender, now: number): void {
    if (now - this.#lastReassert < this.interval / 2) {
      this.#announceIn ||= 1;
      return;
    }
    this.#lastReassert = now;
    this.context.statistics.reasserts.add();
    this.#contested(true);
    if (peer.source !== undefined) this.host.reasserted(peer.source);
  }

  #contested(stays: boolean): void {
    this.remind(stays);
    this.host.contested(stays);
  }

  /** `rival`: we yield to it, and it may be yielding to us. `silence`: nobody was heard for a dead time. */
  #become(to: CarpState, reason: CarpReason, { rival, silence = false }: Circumstances = {}): void {
    const from = this.state;
    this.state = to;
    this.since = this.context.clock.now();
    this.#slowerSince = undefined;
    this.#stoodStill = false;
    this.#stopTimers();
    // In INIT nobody is heard: what a rival has done meanwhile is not known.
    if (from === 'MASTER' || to === 'INIT') this.#tie.end(rival, this.since);
    if (to === 'BACKUP') this.#enterBackup(rival !== undefined);
    if (to === 'MASTER') this.#enterMaster(silence);
    this.host.stateChanged({ from, to, reason });
  }

  #enterBackup(crossing: boolean): void {
    this.#backoff = crossing ? this.#tie.backoff() : 0;
    for (const family of this.host.families) this.#arm(family, this.since);
  }

  #enterMaster(silence: boolean): void {
    this.#tie.begin(silence, this.interval);
    this.#ties6 = 0;
    this.#announceIn = this.host.settings.delayedGarp ? DELAYED_GARP : 0;
    this.context.statistics.preempt.add();
    this.#ad.resetAt(alignToGrid(this.since + this.interval, this.interval));
    this.#advertise();
  }

  #arm(family: InetFamily, now = this.context.clock.now()): void {
    const from = this.#backoff === 0 ? now : Math.max(now, this.since + this.#backoff * this.interval);
    this.#down[family].resetAt(from + this.deadTime);
  }

  #stopTimers(): void {
    this.#ad.stop();
    for (const family of FAMILIES) this.#down[family].stop();
  }

  #advertise(): void {
    this.#lastSent = this.context.clock.now();
    this.#sentInterval = this.interval;
    this.host.advertise();
  }

  /** The advertisement timer of a MASTER. */
  #tick(): void {
    const now = this.context.clock.now();
    if (this.#silentTooLong(now)) {
      this.host.drain();
      // What was read may have settled it: as BACKUP, or as MASTER again, whose word the successor has yielded to.
      if (this.#silentTooLong(now)) this.#standBack();
      return;
    }
    const due = this.#ad.deadline;
    const { interval } = this;
    // In step with the deadlines, so that lateness does not add up; from now on if that is past.
    this.#ad.resetAt(now - due < interval / 2 ? due + interval : now + interval);
    this.#advertise();
    if (this.#announceIn > 0 && --this.#announceIn === 0) this.host.announce();
  }

  /** As MASTER we were silent longer than the peers wait. */
  #silentTooLong(now: number): boolean {
    if (this.state !== 'MASTER') return false;
    // With a dead ratio of 1 the dead time is one interval, and every timer is a little late.
    return now - this.#lastSent > Math.max(this.deadTime, 2 * this.interval);
  }

  /** Listens, to find out whether somebody has taken over. */
  #standBack(): void {
    if (this.state !== 'MASTER') return;
    this.context.statistics.pauses.add();
    this.#become('BACKUP', 'resumed after a pause');
  }

  #masterDown(family: InetFamily, late: number): void {
    if (this.state !== 'BACKUP') return;
    this.host.drain();
    if (this.state !== 'BACKUP' || this.#down[family].pending) return;
    if (late > this.interval && !this.#stoodStill) {
      this.context.statistics.pauses.add();
      for (const each of this.host.families) this.#arm(each);
      this.#stoodStill = true;
      return;
    }
    this.#become('MASTER', 'master timed out', { silence: true });
  }
}
