import type { Callout } from '../../../core/time/index.js';
import { type Ifnet, IfnetError } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import { VipError } from '../errors.js';

/** How often a claim that a predecessor still holds is asked for, and how long. */
const RETRY_MS = 100;
const MAX_RETRIES = 300;

/** A virtual host, as far as its number goes. */
interface Numbered {
  readonly vhid: number;
  readonly name: string;
}

/** The users of one number. Without a claim it is asked for still, or nobody can have it. */
interface Claimed {
  readonly names: string[];
  claim: Disposable | undefined;
}

type NumberClaimNeeds = Pick<VipContext, 'clock' | 'protocol' | 'refusalLog'>;

/**
 * This process's claims on the numbers of one interface, which CARP and VRRP share: two processes with one number would take
 * the addresses from each other, a vhid with the number of a virtual router has its virtual MAC, and a keepalived that hears
 * CARP with its number falls silent. Virtual routers of both families that have one number share a claim.
 */
export class NumberClaims implements Disposable {
  readonly #ifp: Ifnet;
  readonly #context: NumberClaimNeeds;
  readonly #held = new Map<number, Claimed>();
  /** Those that a predecessor still holds. */
  readonly #awaited = new Set<number>();
  readonly #retry: Callout;
  #retries = 0;

  constructor(ifp: Ifnet, context: NumberClaimNeeds) {
    this.#ifp = ifp;
    this.#context = context;
    this.#retry = context.clock.callout(`${context.protocol} ${ifp.name} claims`, () => this.#askAgain());
  }

  /** @throws VipError EBUSY if a process that could run CARP or VRRP has the number here, this one included */
  claim(host: Numbered): void {
    if (this.#joins(host)) return;
    const claim = this.#ask(host) ?? this.#refuse(host);
    this.#held.set(host.vhid, { names: [host.name], claim });
  }

  /** A predecessor has the claim, and leaves it soon. */
  inherit(host: Numbered): void {
    if (this.#joins(host)) return;
    this.#held.set(host.vhid, { names: [host.name], claim: undefined });
    this.#awaited.add(host.vhid);
    this.#retries = 0;
    this.#retry.reset(RETRY_MS);
  }

  release({ vhid, name }: Numbered): void {
    const held = this.#held.get(vhid);
    const index = held?.names.indexOf(name) ?? -1;
    if (held === undefined || index < 0) return;
    held.names.splice(index, 1);
    if (held.names.length > 0) return;
    this.#held.delete(vhid);
    this.#awaited.delete(vhid);
    held.claim?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#retry.stop();
    for (const { claim } of this.#held.values()) claim?.[Symbol.dispose]();
    this.#held.clear();
    this.#awaited.clear();
  }

  /** @returns whether another virtual host of ours has the number: of the other family */
  #joins({ vhid, name }: Numbered): boolean {
    const held = this.#held.get(vhid);
    held?.names.push(name);
    return held !== undefined;
  }

  #askAgain(): void {
    for (const vhid of this.#awaited) {
      const held = this.#held.get(vhid)!;
      held.claim = this.#ask({ vhid, name: held.names[0]! });
      if (held.claim !== undefined) this.#awaited.delete(vhid);
    }
    if (this.#awaited.size === 0) return;
    if (++this.#retries < MAX_RETRIES) return this.#retry.reset(RETRY_MS);
    for (const name of [...this.#awaited].flatMap((vhid) => this.#held.get(vhid)!.names))
      this.#context
        .refusalLog(`${name} claim`)
        ?.warning(`${name}: the process of before still has this number: see whether it has ended`);
  }

  /**
   * @returns undefined if another process has it, or, with a log line, if the host cannot say who has it: that must not keep
   *   us from it
   */
  #ask({ vhid, name }: Numbered): Disposable | undefined {
    try {
      return this.#ifp.claim(`vhid ${vhid}`);
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      this.#context
        .refusalLog(`${name} claim`)
        ?.warning(`${name}: cannot find out whether another process has this number: ${error.message}`);
      return { [Symbol.dispose]: () => undefined };
    }
  }

  /** Another process has the name. @throws VipError EBUSY if it could run CARP or VRRP */
  #refuse({ vhid, name }: Numbered): undefined {
    const holder = this.#ifp.claimant(`vhid ${vhid}`);
    const who = holder?.pid ? `process ${holder.pid}` : 'a process that is not visible here';
    if (holder?.privileged === true)
      throw new VipError(
        'EBUSY',
        `${this.#context.protocol} ${name}: the number ${vhid} is taken on ${this.#ifp.name} by a vhid of CARP or a ` +
          `virtual router of VRRP (${who}): stop that, or take another number`,
      );
    this.#context
      .refusalLog(`${name} claim`)
      ?.warning(
        `${name}: two processes could have this number: ${who}, which can run neither CARP nor VRRP, holds its name`,
      );
    return undefined;
  }
}
