/** The code's side of the comparison: real hosts on a virtual LAN, to which the things of a run are done. */
import type { Random } from '../../core/index.js';
import { Choices } from '../explore/choices.js';
import { type Deed, ExploredWorld, type Option, START_MS } from '../explore/world.js';
import { type Act, SKEW_STEP, type SpecSettings, type Step, TICK_MS } from './steps.js';

const ACT_OF: Readonly<Record<Exclude<Deed, 'delay'>, Act>> = {
  deliver: 'take',
  lose: 'lose',
  timer: 'fire',
  crash: 'crash',
  start: 'start',
};

/** Hosts as the specification has them: they differ by a tick each, and an advertisement takes no time. */
export class CodeRun {
  private constructor(private readonly world: ExploredWorld) {}

  static async make({ hosts, preempt, crashes }: SpecSettings): Promise<CodeRun> {
    const skews = Array.from({ length: hosts }, (_, i) => i * SKEW_STEP);
    const settings = { skews, preempt, crashes, election: 'auto', depth: 0, delayMs: 0, lateMs: 0 } as const;
    return new CodeRun(await new ExploredWorld(settings).make());
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  /** Begins anew, and does what was done in these steps. @returns the steps as they went here, up to one that is impossible */
  follow(steps: readonly Step[]): Step[] {
    this.#begin();
    const done: Step[] = [];
    for (const { act, host } of steps) {
      if (act === 'fire') this.#rehearse();
      const option = this.#possible().find((each) => actOf(each) === act && each.host.number === host);
      if (option === undefined) break;
      done.push(this.#take(option, act));
    }
    return done;
  }

  /** Begins anew, and does whatever is possible, as `random` chooses. @returns the steps */
  wander(count: number, random: Random): Step[] {
    this.#begin();
    const done: Step[] = [];
    while (done.length < count) {
      const possible = this.#possible();
      const option = possible[random.below(4) > 0 ? 0 : random.below(possible.length)];
      if (option === undefined) break;
      if (option.deed === 'timer' && !isTick(this.#dueAt(option))) this.world.take(option);
      else done.push(this.#take(option, actOf(option)));
    }
    return done;
  }

  #begin(): void {
    this.world.begin(new Choices([], 0));
  }

  /** What the specification knows of: hosts crash and start when something else has happened. */
  #possible(): Option[] {
    return this.world.options.filter(
      ({ deed }) => deed !== 'delay' && (isTick(this.world.now) || (deed !== 'crash' && deed !== 'start')),
    );
  }

  /** Shortly before its timer a BACKUP rehearses the takeover, of which the specification knows nothing. */
  #rehearse(): void {
    for (;;) {
      const first = this.world.options.find(({ deed }) => deed === 'timer');
      if (first === undefined || isTick(this.#dueAt(first))) return;
      this.world.take(first);
    }
  }

  #dueAt({ host }: Option): number {
    return host.clock.next?.deadline ?? this.world.now;
  }

  #take(option: Option, act: Act): Step {
    this.world.take(option);
    if (this.world.violation !== undefined) throw new Error(this.world.violation);
    const at = (this.world.now - START_MS) / TICK_MS;
    return { at, act, host: option.host.number, states: this.world.hosts.map(({ state }) => state) };
  }
}

/** What is sent to a host that is off is taken: it is no fault. */
function actOf({ deed, fault }: Option): Act {
  return deed === 'lose' && !fault ? 'take' : ACT_OF[deed as Exclude<Deed, 'delay'>];
}

function isTick(time: number): boolean {
  return (time - START_MS) % TICK_MS === 0;
}
