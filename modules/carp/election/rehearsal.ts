import { seededRandom } from '../../../core/random.js';
import type { Clock } from '../../../core/time/index.js';
import type { CarpSettings } from '../settings.js';
import type { CarpContender } from './election.js';
import { intervalUnits } from './interval.js';
import { CarpMachine } from './machine.js';
import type { CarpMachineOwner } from './machine-owner.js';

/** A rehearsal is good for so long: hundreds of vhids that lose their master together need one. */
const LASTS_MS = 10_000;
const nothing = (): void => {};
const uncounted = { add: nothing };
const statistics = { ties: uncounted, reasserts: uncounted, preempt: uncounted, pauses: uncounted };

/**
 * Plays a takeover on a machine that nobody sees. What a BACKUP does when its master dies runs once in months: without a
 * rehearsal it is compiled only then, which takes longer than the takeover itself. No time passes, and nothing is sent,
 * counted or put on an interface.
 */
export class TakeoverRehearsal {
  readonly #clock: Clock;
  #playedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Plays it with these settings; no-op if that was done a moment ago. */
  play(settings: CarpSettings): void {
    const now = this.#clock.now();
    if (now - this.#playedAt < LASTS_MS) return;
    this.#playedAt = now;
    const needs = { clock: this.#clock, random: seededRandom(1), statistics };
    using machine = new CarpMachine(understudy(settings), needs);
    machine.start('initialization complete');
    // A bow-out: it votes at once.
    machine.heard(4, { units: intervalUnits(255, 255), demote: 0, source: undefined }, false);
  }
}

/** A vhid that does nothing. */
function understudy(settings: CarpSettings): CarpMachineOwner {
  const { advbase, advskew } = settings;
  const contender: CarpContender = { units: intervalUnits(advbase, advskew), demote: 0, source: undefined };
  return {
    name: 'rehearsal',
    settings,
    preempt: false,
    groupServes: false,
    groupOutlasts: () => false,
    families: [4],
    advskew,
    voice: 'own',
    contender: () => contender,
    rehearse: nothing,
    advertise: () => true,
    advertised: nothing,
    bowOut: nothing,
    drain: nothing,
    afterReading: (claim) => claim(),
    unfit: nothing,
    unheard: nothing,
    heardAgain: nothing,
    mayTakeOver: () => true,
    stateChanged: nothing,
    announce: nothing,
    contested: nothing,
    reasserted: nothing,
  };
}
