import { seededRandom } from '../../../core/random.js';
import type { Clock } from '../../../core/time/index.js';
import { VrrpMachine } from './machine.js';
import type { VrrpMachineOwner, VrrpMachineSettings } from './machine-owner.js';

/** A rehearsal is good for so long: hundreds of virtual routers that lose their master together need one. */
const LASTS_MS = 10_000;
/** Any but the owner's. */
const PRIORITY = 100;
const nothing = (): void => {};
const uncounted = { add: nothing };
const statistics = {
  become_master: uncounted,
  asserts: uncounted,
  pauses: uncounted,
  prio_zero_heard: uncounted,
};

/**
 * Plays a takeover on a machine that nobody sees: what runs once in months is compiled before it matters. No time passes, and
 * nothing is sent, counted or put on an interface.
 */
export class VrrpRehearsal {
  readonly #clock: Clock;
  #playedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Plays it with these settings; no-op if that was done a moment ago. */
  play(settings: VrrpMachineSettings): void {
    const now = this.#clock.now();
    if (now - this.#playedAt < LASTS_MS) return;
    this.#playedAt = now;
    const needs = { clock: this.#clock, random: seededRandom(1), statistics };
    using machine = new VrrpMachine(understudy(settings), needs);
    machine.start('initialization complete');
    machine.takeOver('master timed out');
  }
}

/** A virtual router that does nothing. */
function understudy(settings: VrrpMachineSettings): VrrpMachineOwner {
  return {
    name: 'rehearsal',
    settings,
    priority: PRIORITY,
    preempt: false,
    groupServes: false,
    groupOutlasts: () => false,
    leavesTraces: false,
    source: undefined,
    rehearse: nothing,
    advertise: () => true,
    resign: nothing,
    standBack: nothing,
    advertised: nothing,
    drain: nothing,
    mayTakeOver: () => true,
    stateChanged: nothing,
    announce: nothing,
    contested: nothing,
  };
}
