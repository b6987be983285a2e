import type { InetFamily, Prefetched } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpSealState } from '../handover/schema.js';
import { DigestBudget } from '../link/digest-budget.js';
import type { CarpReplayMode } from '../link/replay/guard.js';
import type { CarpKeys } from '../settings.js';
import { counterOf } from '../wire/counter.js';
import { CarpSealCode, type CarpSealed } from './code.js';
import { bearsMark, codeOf, highOf, lowOf, sealedLow, sequenceOf } from './format.js';
import { SealMemory } from './memory.js';
import type { CarpSealMode } from './mode.js';
import { FATE, RecentCounters } from './recent.js';
import { CarpSequence, type RememberedSequence } from './sequence.js';

/** Wrong codes a second that are looked at. Each counter is tried once, so only who records many could send more. */
const WRONG_PER_S = 16;

/**
 * What a seal says about an advertisement:
 *
 * - `sealed`: it is as it was sent, and was not heard before;
 * - `none`: it has no seal, and the settings ask for none;
 * - `unsealed`: it lacks the seal that the settings ask for;
 * - `badseal`: its seal does not fit: timers, demotion, family or source were altered, or another password made it;
 * - `replayed`: it is old, or came before;
 * - `looped`: this host sent it.
 */
export type CarpSealVerdict = 'sealed' | 'none' | 'unsealed' | 'badseal' | 'replayed' | 'looped';

/** The vhid that seals and judges. */
export interface CarpSealsOwner {
  readonly vhid: number;
  readonly settings: {
    readonly ifname: string;
    readonly seal: CarpSealMode;
    readonly replay: CarpReplayMode;
  };
  /** ms */
  readonly deadTime: number;
}

/** What is known of peers that send no seals. */
export interface CarpUnsealed {
  /** Whether the counter goes on from one of theirs. */
  continues(family: InetFamily, counter: bigint): boolean;
}

type CarpSealsNeeds = Pick<CarpContext, 'clock' | 'hmacWork' | 'store'>;

/**
 * The seals of one vhid: makes those of its own advertisements, and judges those of others.
 *
 * A seal is the counter itself (format.ts). Its code (code.ts) covers what the digest does not, its sequence (sequence.ts)
 * tells new from old. An attacker cannot make a counter, since the digest covers it; he can only try a recorded one with
 * other fields, each once, and only as long as it is fresh: the chance is 1 in 262,144.
 */
export class CarpSeals implements Prefetched {
  readonly #owner: CarpSealsOwner;
  readonly #context: CarpSealsNeeds;
  readonly #others: CarpUnsealed;
  readonly #memory: SealMemory;
  /** Made when the first one comes. */
  #wrong: DigestBudget | undefined;
  #code: CarpSealCode;
  /** Of the passwords that are heard only. */
  #more: readonly CarpSealCode[];
  #sequence: CarpSequence;
  /** Of our latest advertisement. */
  #own = 0;
  readonly #recent = new RecentCounters((high, low) => this.#sequence.forget(sequenceOf(high, low)));

  constructor(owner: CarpSealsOwner, context: CarpSealsNeeds, keys: CarpKeys, others: CarpUnsealed) {
    this.#owner = owner;
    this.#context = context;
    this.#others = others;
    this.#memory = new SealMemory(context.store, `carp seal ${owner.vhid}@${owner.settings.ifname}`);
    this.#code = new CarpSealCode(context.hmacWork, keys.own);
    this.#more = this.#codes(keys.heard);
    this.#sequence = this.#begin();
    const remembered = this.#memory.read(this.#code.fingerprint);
    const { clock } = context;
    if (remembered !== undefined) this.#sequence.restore(remembered, clock.wallTime(), clock.now());
  }

  /**
   * Other passwords.
   *
   * @param anew whether nothing of what was under the old ones counts any more
   */
  setPasswords({ own, heard }: CarpKeys, anew: boolean): void {
    this.#code = new CarpSealCode(this.#context.hmacWork, own);
    this.#more = this.#codes(heard);
    this.#memory.forget();
    if (!anew) return;
    this.#sequence = this.#begin();
    this.#recent.clear();
  }

  /** Whether own advertisements are sealed. */
  get sends(): boolean {
    return this.#owner.settings.seal !== 'off';
  }

  /** Whether a word was sent or heard, in this life or in one that is remembered. Until then every word is new. */
  get isAcquainted(): boolean {
    return this.#sequence.highest >= 0;
  }

  /** Goes on to the sequence of the next advertisement, the same for both families. */
  next(): void {
    const now = this.#context.clock.now();
    this.#own = this.#sequence.next(now);
    this.#remember(now);
  }

  /** The upper word of that advertisement's counter. */
  get high(): number {
    return highOf(this.#own);
  }

  /** The lower word, in a packet that says `sealed`. */
  low(sealed: CarpSealed): number {
    const { high } = this;
    const low = lowOf(this.#own);
    const whole = sealedLow(high, low, this.#code.of(high, low, sealed));
    this.#recent.add(high, whole, FATE.OWN);
    return whole;
  }

  /**
   * Judges an authentic advertisement, and remembers it.
   *
   * @param high the upper word of its counter, unsigned
   * @param low the lower word
   * @param now ms on the kernel's clock
   * @param said what the code must cover
   */
  judge(high: number, low: number, now: number, said: CarpSealed): CarpSealVerdict {
    const { seal, replay } = this.#owner.settings;
    const requires = seal === 'require';
    if (!bearsMark(high, low)) return requires ? 'unsealed' : 'none';
    if (replay === 'off' && !requires) return this.#unjudged(high, low, now, said);
    const fate = this.#recent.fate(high, low);
    if (fate === FATE.OWN) return 'looped';
    if (replay === 'loop' && !requires) return this.#unjudged(high, low, now, said);
    if (fate !== undefined) return 'replayed';
    return this.#judgeNew(high, low, now, said);
  }

  prefetch(): number {
    return (
      this.#code.prefetch() + this.#recent.prefetch() + this.#sequence.prefetch() + this.#memory.prefetch()
    );
  }

  /** The machine slept: see {@link CarpSequence.slept}. */
  slept(ms: number): void {
    this.#sequence.slept(ms, this.#context.clock.now());
  }

  /** This life ends. */
  end(): void {
    if (this.#sequence.highest >= 0)
      this.#memory.write(this.#code.fingerprint, this.#remembered(this.#context.clock.now()));
  }

  capture(): CarpSealState {
    return { sequence: this.#sequence.capture(), recent: this.#recent.capture() };
  }

  adopt({ sequence, recent }: CarpSealState): void {
    this.#sequence.adopt(sequence);
    this.#recent.adopt(recent);
  }

  /** Nothing is refused, but our own words must be above it: else they would be old to hosts that do judge them. */
  #unjudged(high: number, low: number, now: number, said: CarpSealed): 'none' {
    const sequence = sequenceOf(high, low);
    if (sequence > this.#sequence.highest && this.#fits(high, low, said)) this.#sequence.heard(sequence, now);
    return 'none';
  }

  #judgeNew(high: number, low: number, now: number, said: CarpSealed): CarpSealVerdict {
    const { settings } = this.#owner;
    const insists = settings.seal === 'require' || settings.seal === 'auto';
    const sequence = sequenceOf(high, low);
    const fresh = this.#sequence.isFresh(sequence, now, this.#owner);
    const tried = insists ? fresh && this.#wrong?.isSpent(now) !== true : true;
    const right = tried && this.#fits(high, low, said);
    if (right && fresh) {
      this.#sequence.heard(sequence, now);
      this.#recent.add(high, low, FATE.TAKEN);
      this.#remember(now);
      return 'sealed';
    }
    if (!insists) return right ? 'replayed' : 'none';
    if (settings.seal === 'auto' && this.#isChance(high, low, said, now)) return 'none';
    if (!fresh) return 'replayed';
    (this.#wrong ??= new DigestBudget(WRONG_PER_S)).spend(now);
    this.#recent.add(high, low, FATE.WRONG);
    return 'badseal';
  }

  #fits(high: number, low: number, said: CarpSealed): boolean {
    const code = codeOf(low);
    if (this.#code.of(high, low, said) === code) return true;
    for (const each of this.#more) if (each.of(high, low, said) === code) return true;
    return false;
  }

  #codes(passwords: readonly Uint8Array[]): CarpSealCode[] {
    return passwords.map((each) => new CarpSealCode(this.#context.hmacWork, each));
  }

  /** Whether a peer without seals sent it, whose counter bears the mark by chance. */
  #isChance(high: number, low: number, { source }: CarpSealed, now: number): boolean {
    if (this.#sequence.isFar(sequenceOf(high, low), now)) return true;
    return this.#others.continues(source.family, counterOf(high, low));
  }

  #begin(): CarpSequence {
    const { clock } = this.#context;
    return new CarpSequence(clock.wallTime(), clock.now());
  }

  #remember(now: number): void {
    if (this.#memory.isDue(now)) this.#memory.note(this.#code.fingerprint, this.#remembered(now), now);
  }

  #remembered(now: number): RememberedSequence {
    return this.#sequence.remembered(this.#context.clock.wallTime(), now);
  }
}
