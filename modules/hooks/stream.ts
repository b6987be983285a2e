import { type Callout, type Clock, type Counter, describe } from '../../core/index.js';
import { type Child, launch } from '../programs/index.js';
import type { HookNeeds, HookSink, HookStatus } from './hook.js';
import type { HookMessage } from './message.js';
import type { StreamSettings } from './settings.js';

/** A consumer that ended is started again after this, and twice as long each time it ends soon. */
const RESTART_MS = 1000;
const MAX_RESTART_MS = 60_000;
/** What a consumer that reads nothing may leave in our memory, besides the present state that it is told at first. */
const MAX_BUFFERED = 256 * 1024;
/** What a consumer has to end by itself after its input has. */
const GRACE_MS = 2000;
/** What one that is killed has to end: on a disk that hangs it may take for ever. */
const KILL_MS = 1000;

/**
 * Keeps a program running that reads one JSON object a line. Each time it starts it is told the present state of every
 * vhid first. One that does not read is ended, and started again: its successor has the present state.
 */
export class StreamHook implements HookSink {
  readonly name: string;
  readonly #settings: StreamSettings;
  readonly #needs: HookNeeds;
  readonly #present: () => readonly HookMessage[];
  readonly #starts: Counter;
  readonly #failures: Counter;
  readonly #again: Callout;
  #child: Child | undefined;
  #limit = MAX_BUFFERED;
  #delay = RESTART_MS;
  #last = 'has not run yet';
  #ended = false;

  /** @param present the state of every vhid that it concerns */
  constructor(
    name: string,
    settings: StreamSettings,
    needs: HookNeeds,
    present: () => readonly HookMessage[],
  ) {
    this.name = name;
    this.#settings = settings;
    this.#needs = needs;
    this.#present = present;
    const { sysctl } = needs.scope;
    this.#starts = sysctl.counter(`hooks.${name}.runs`, 'how often it was started');
    this.#failures = sysctl.counter(`hooks.${name}.failures`, 'how often it ended');
    this.#again = needs.scope.callout(`hook ${name} restart`, () => this.start());
    needs.scope.defer(() => this.#end());
  }

  start(): void {
    if (this.#ended || this.#child !== undefined) return;
    const startedAt = this.#needs.clock.now();
    this.#starts.add();
    let child: Child;
    try {
      child = launch(this.#settings, [], { input: 'pipe', output: 'null' });
    } catch (error) {
      return this.#failed(describe(error), startedAt);
    }
    this.#child = child;
    void child.ended.then(({ code, signal, error }) => {
      this.#child = undefined;
      child.input?.destroy();
      const how = signal === null ? `exit status ${code}` : `ended by ${signal}`;
      this.#failed(error?.message ?? how, startedAt);
    });
    child.input?.on('error', () => undefined);
    this.#last = 'runs';
    this.#limit = Number.POSITIVE_INFINITY;
    for (const message of this.#present()) this.#write(message);
    this.#limit = MAX_BUFFERED + (child.input?.writableLength ?? 0);
  }

  status(): HookStatus {
    return {
      name: this.name,
      form: 'stream',
      running: this.#child !== undefined,
      waiting: 0,
      runs: this.#starts.value,
      failures: this.#failures.value,
      last: this.#last,
    };
  }

  tell(message: HookMessage): Promise<void> {
    this.#write(message);
    return Promise.resolve();
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  #write(message: HookMessage): void {
    const input = this.#child?.input;
    if (input === undefined) return;
    if (input.writableLength > this.#limit) return this.#child?.signal('SIGKILL');
    input.write(`${JSON.stringify(message)}\n`);
  }

  /** It ended, or did not start. */
  #failed(how: string, startedAt: number): void {
    this.#last = how;
    if (this.#ended) return;
    this.#failures.add();
    const lived = this.#needs.clock.now() - startedAt;
    this.#delay = lived > MAX_RESTART_MS ? RESTART_MS : this.#delay;
    this.#needs.log.limited(`stream ${this.name}`).warning(`${this.name}: ${how}; it is started again`);
    this.#again.reset(this.#delay);
    this.#delay = Math.min(MAX_RESTART_MS, 2 * this.#delay);
  }

  async #end(): Promise<void> {
    this.#ended = true;
    const child = this.#child;
    if (child === undefined) return;
    const { clock, log } = this.#needs;
    child.input?.end();
    using grace = clock.callout('hook grace', () => child.signal('SIGKILL'));
    grace.reset(GRACE_MS);
    if (await endsWithin(child, GRACE_MS + KILL_MS, clock)) return;
    const { pid, input } = child;
    log.warning(
      `${this.name}: its program does not end though it is killed, and is left behind: /proc/${pid}/stack says what it waits for`,
    );
    input?.destroy();
    child.unref();
  }
}

/** @returns whether it has ended by then */
async function endsWithin(child: Child, ms: number, clock: Clock): Promise<boolean> {
  let giveUp = (): void => undefined;
  const patience = new Promise<boolean>((resolve) => {
    giveUp = () => resolve(false);
  });
  using callout = clock.callout('hook patience', () => giveUp());
  callout.reset(ms);
  return await Promise.race([child.ended.then(() => true), patience]);
}
