import type { Callout } from '../../../core/time/index.js';
import { type Ifnet, IfnetError } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import { CarpError } from '../errors.js';

/** How often a claim that a predecessor still holds is asked for, and how long. */
const RETRY_MS = 100;
const MAX_RETRIES = 300;

/** A vhid, as far as its claim goes. */
interface Claimed {
  readonly vhid: number;
  readonly name: string;
}

type VhidClaimNeeds = Pick<CarpContext, 'clock' | 'refusalLog'>;

/** This process's claims on the vhids of one interface: two processes with one vhid would take the addresses from each other. */
export class VhidClaims implements Disposable {
  readonly #ifp: Ifnet;
  readonly #context: VhidClaimNeeds;
  readonly #held = new Map<number, Disposable>();
  /** Those that a predecessor still holds. */
  readonly #awaited = new Map<number, Claimed>();
  readonly #retry: Callout;
  #retries = 0;

  constructor(ifp: Ifnet, context: VhidClaimNeeds) {
    this.#ifp = ifp;
    this.#context = context;
    this.#retry = context.clock.callout(`carp ${ifp.name} claims`, () => this.#askAgain());
  }

  /** @throws CarpError EBUSY if another process that could run CARP has the vhid here */
  claim(vhid: Claimed): void {
    const claim = this.#ask(vhid) ?? this.#refuse(vhid);
    if (claim !== undefined) this.#held.set(vhid.vhid, claim);
  }

  /** A predecessor has the claim, and leaves it soon. */
  inherit(vhid: Claimed): void {
    this.#awaited.set(vhid.vhid, vhid);
    this.#retries = 0;
    this.#retry.reset(RETRY_MS);
  }

  release({ vhid }: Claimed): void {
    this.#held.get(vhid)?.[Symbol.dispose]();
    this.#held.delete(vhid);
    this.#awaited.delete(vhid);
  }

  [Symbol.dispose](): void {
    this.#retry.stop();
    for (const claim of this.#held.values()) claim[Symbol.dispose]();
    this.#held.clear();
    this.#awaited.clear();
  }

  #askAgain(): void {
    for (const vhid of this.#awaited.values()) {
      const claim = this.#ask(vhid);
      if (claim === undefined) continue;
      this.#held.set(vhid.vhid, claim);
      this.#awaited.delete(vhid.vhid);
    }
    if (this.#awaited.size === 0) return;
    if (++this.#retries < MAX_RETRIES) return this.#retry.reset(RETRY_MS);
    for (const { name } of this.#awaited.values())
      this.#context
        .refusalLog(`${name} claim`)
        ?.warning(`${name}: the process of before still has this vhid: see whether it has ended`);
  }

  /**
   * @returns undefined if another process has it, or, with a log line, if the host cannot say who has it: that must not keep
   *   us from it
   */
  #ask({ vhid, name }: Claimed): Disposable | undefined {
    try {
      return this.#ifp.claim(`vhid ${vhid}`);
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      this.#context
        .refusalLog(`${name} claim`)
        ?.warning(`${name}: cannot find out whether another process has this vhid: ${error.message}`);
      return { [Symbol.dispose]: () => undefined };
    }
  }

  /** Another process has the name. @throws CarpError EBUSY if it could run CARP */
  #refuse({ vhid, name }: Claimed): undefined {
    const holder = this.#ifp.claimant(`vhid ${vhid}`);
    const who = holder?.pid ? `process ${holder.pid}` : 'a process that is not visible here';
    if (holder?.privileged === true)
      throw new CarpError(
        'EBUSY',
        `carp ${name}: ${who} has this vhid already: stop it, or take another vhid`,
      );
    this.#context
      .refusalLog(`${name} claim`)
      ?.warning(`${name}: two processes could have this vhid: ${who}, which cannot run CARP, holds its name`);
    return undefined;
  }
}
