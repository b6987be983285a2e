import assert from 'node:assert/strict';
import { SimNetwork } from './network.js';
import type { Plan } from './plan.js';
import { settle } from './rules.js';
import { divideForAWhile, loseCarrier, standStill } from './trials.js';

/** Longer than the worst weather of a plan holds a frame back: 300 ms of jitter, and four times that to reorder. */
const STRAGGLERS_MS = 1600;

/**
 * A network lives through its plan. What must hold: when nothing has happened for two dead times, every part of a
 * segment whose hosts can reach each other has exactly one MASTER, which alone holds the addresses, and is the best where
 * preemption is on; and nothing changes after that. Equal advskews are no excuse. The same holds after each trial.
 *
 * A family that is broken on one host is no excuse either, as long as the other one works: the malady of a plan begins
 * with the quiet and lasts through the trials.
 *
 * Nothing is asked for while there are one-way links: they end with the plan. A deaf host has to claim the addresses,
 * as if it were alone, and whoever hears it and stays is right as well; which of them serves nobody can say.
 *
 * @throws Error that tells the story
 */
export async function play(plan: Plan): Promise<void> {
  const network = new SimNetwork(plan);
  try {
    await network.start();
    for (const { after, fault } of plan.steps) {
      network.clock.advanceSync(after);
      await network.happen(fault);
    }
    network.calm();
    if (plan.malady !== undefined) await network.happen(plan.malady);
    network.clock.advanceSync(STRAGGLERS_MS);
    settle(network);
    for (const trial of [standStill, divideForAWhile, loseCarrier]) {
      trial(network);
      settle(network);
    }
    assert.deepEqual(network.mistakenClients(), []);
    if (plan.malady !== undefined) {
      network.calm();
      settle(network);
    }
  } catch (error) {
    throw new Error(`${String(error)}\n${network.journal.join('\n')}`, { cause: error });
  }
  await network.close();
}
