import type { Clock } from '../../core/index.js';
import { type ProgramEnd, runProgram } from '../programs/index.js';
import { type AddressProvider, type ProvidedRequest, VipError } from '../vip/index.js';
import type { ScriptSettings } from './settings.js';

/** What a check says by its exit status when the addresses are gone. */
const GONE = 1;

/**
 * A program as an address provider: it is called with `add`, `remove` or `check` behind its arguments, and with the request
 * as one JSON object on standard input. Exit status 0: done, or the addresses are here; 1 of a check: they are not.
 */
export class ScriptProvider implements AddressProvider {
  readonly checkMs: number;
  readonly limitMs: number;
  readonly announces: boolean;
  readonly check?: AddressProvider['check'];
  readonly #settings: ScriptSettings;
  readonly #clock: Clock;

  constructor(settings: ScriptSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.checkMs = settings.check;
    this.limitMs = settings.timeout;
    this.announces = settings.announce;
    if (settings.check > 0) this.check = (request, signal) => this.#check(request, signal);
  }

  async add(request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    assertDone(await this.#run('add', request, signal));
  }

  async remove(request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    assertDone(await this.#run('remove', request, signal));
  }

  async #check(request: ProvidedRequest, signal: AbortSignal): Promise<boolean> {
    const end = await this.#run('check', request, signal);
    if (end.code !== GONE) assertDone(end);
    return end.code === 0;
  }

  #run(
    action: 'add' | 'remove' | 'check',
    request: ProvidedRequest,
    signal: AbortSignal,
  ): Promise<ProgramEnd> {
    const { command, user, timeout } = this.#settings;
    return runProgram({
      command,
      user,
      args: [action],
      input: `${JSON.stringify({ action, ...request })}\n`,
      limitMs: timeout,
      signal,
      clock: this.#clock,
    });
  }
}

/** @throws VipError ESCRIPT with the reason and the last line of the output */
function assertDone({ failure, output }: ProgramEnd): void {
  if (failure === undefined) return;
  const said = output.trim().split('\n').at(-1) ?? '';
  throw new VipError('ESCRIPT', said === '' ? failure : `${failure}: ${said}`);
}
