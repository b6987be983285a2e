import assert from 'node:assert/strict';
import { SimNetwork } from './network.js';
import { picture } from './picture.js';
import type { Plan } from './plan.js';
import { settle } from './rules.js';
import {
  divideForAWhile,
  divideOneSegment,
  loseCarrier,
  loseSource,
  sleepThroughUnion,
  standStill,
  suspendMasters,
} from './trials.js';

/** Longer than the worst weather of a plan holds a frame back: 300 ms of jitter, and four times that to reorder. */
const STRAGGLERS_MS = 1600;

/** What a network has been through. */
export interface Played {
  /** Equal for two runs that did the same. */
  readonly hash: string;
  /** What happened at least once, in words. */
  readonly reached: ReadonlySet<string>;
  /** The time that passed in it, in ms. */
  readonly time: number;
}

/**
 * A network lives through its plan. What must hold at any time is in watch.ts. When nothing has happened for two dead
 * times, every part of a segment whose hosts can reach each other has exactly one MASTER, which alone holds the addresses,
 * and is the best where preemption is on; and nothing changes after that. Equal advskews are no excuse. The same holds
 * after each trial.
 *
 * A family that is broken on one host is no excuse either, as long as the other one works: the malady of a plan begins
 * with the quiet and lasts through the trials.
 *
 * No master is asked for while there are one-way links: they end with the plan. A deaf host has to claim the addresses,
 * as if it were alone, and whoever hears it and stays is right as well; which of them serves nobody can say.
 *
 * @throws Error that tells the story
 */
export async function play(plan: Plan): Promise<Played> {
  const network = new SimNetwork(plan);
  try {
    await live(network);
    const { clock, watch } = network;
    const time = clock.now();
    await network.close();
    return { hash: watch.hash.value, reached: watch.reached, time };
  } catch (error) {
    const { journal, watch, clock, failure: cause = error } = network;
    const story = [String(cause), ...journal, picture(watch.stretches, clock.now())];
    // What broke a rule first is the cause, not what came of it.
    // oxlint-disable-next-line preserve-caught-error
    throw new Error(story.join('\n'), { cause });
  }
}

async function live(network: SimNetwork): Promise<void> {
  const { plan, clock } = network;
  await network.start();
  for (const { after, fault } of plan.steps) {
    clock.advanceSync(after);
    await network.happen(fault);
    network.check();
  }
  await network.calm();
  if (plan.malady !== undefined) await network.happen(plan.malady);
  clock.advanceSync(STRAGGLERS_MS);
  settle(network);
  for (const trial of [
    standStill,
    loseSource,
    divideForAWhile,
    sleepThroughUnion,
    loseCarrier,
    divideOneSegment,
    suspendMasters,
  ]) {
    trial(network);
    settle(network);
  }
  assert.deepEqual(network.mistakenClients(), []);
  if (plan.malady === undefined) return;
  await network.calm();
  settle(network);
}
