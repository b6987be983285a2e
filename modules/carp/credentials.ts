import { type Prefetched, sameBytes } from '../ifnet/index.js';
import type { CarpContext } from './context.js';
import { digestSettings, hashedFromJson, hashedToJson } from './digest-input.js';
import type { CarpCredentialsState } from './handover/schema.js';
import { CarpReplayGuard } from './link/replay/guard.js';
import type { CarpSealed } from './seal/code.js';
import { CarpSeals, type CarpSealsOwner } from './seal/seals.js';
import type { CarpKeys, CarpSettings } from './settings.js';
import { CarpAuthenticator } from './wire/authenticator.js';
import { CarpCounter } from './wire/counter.js';

/** The vhid whose advertisements these are. */
export interface CarpCredentialsOwner extends CarpSealsOwner {
  readonly settings: CarpSettings;
}

/**
 * Everything that makes one vhid's advertisements authentic, and by which those of others are judged: the digest says who
 * knows the password, the seal what was said and when, counters and replay guard make do where there is no seal.
 */
export class CarpCredentials implements Prefetched {
  readonly authenticator: CarpAuthenticator;
  readonly counter: CarpCounter;
  readonly replay: CarpReplayGuard;
  readonly seals: CarpSeals;
  readonly #owner: CarpCredentialsOwner;
  readonly #clock: CarpContext['clock'];

  #keys: CarpKeys;

  constructor(owner: CarpCredentialsOwner, context: CarpContext, keys: CarpKeys) {
    const { settings } = owner;
    const { clock, random, hmacWork } = context;
    const hashed = digestSettings(settings);
    this.#owner = owner;
    this.#clock = clock;
    this.#keys = keys;
    this.authenticator = new CarpAuthenticator(
      { hashed, key: keys.own, heard: keys.heard, dialect: settings.election },
      hmacWork,
    );
    this.counter = new CarpCounter(random, clock.wallTime());
    this.replay = new CarpReplayGuard(settings.replay);
    this.seals = new CarpSeals(owner, context, keys, this.replay);
  }

  /**
   * The passwords are these now. Where the old one is not heard any more, what was recorded under it is worth nothing, and
   * so is what was remembered.
   */
  setPasswords(keys: CarpKeys): void {
    if (sameKeys(keys, this.#keys)) return;
    const anew = ![keys.own, ...keys.heard].some((key) => sameBytes(key, this.#keys.own));
    this.#keys = keys;
    this.authenticator.setKeys(keys.own, keys.heard);
    if (anew) this.replay.reset();
    this.seals.setPasswords(keys, anew);
  }

  prefetch(): number {
    return (
      Number(this.counter.used) +
      this.authenticator.prefetch() +
      this.replay.prefetch() +
      this.seals.prefetch()
    );
  }

  /** The other settings have changed. */
  follow(): void {
    const { settings } = this.#owner;
    this.authenticator.setHashed(digestSettings(settings), this.#clock.now());
    this.authenticator.setDialect(settings.election);
    this.replay.mode = settings.replay;
  }

  /** Goes on to our next advertisement. All its packets have one number; a seal also depends on what a packet says. */
  next(): void {
    (this.seals.sends ? this.seals : this.counter).next();
  }

  /** The upper word of that advertisement's counter. */
  get high(): number {
    return this.seals.sends ? this.seals.high : this.counter.high;
  }

  /** Its lower word, in a packet that says this. */
  low(said: CarpSealed): number {
    return this.seals.sends ? this.seals.low(said) : this.counter.low;
  }

  /** Writes the digest of a packet with this counter. */
  sign(counter: Uint8Array, digest: Uint8Array): void {
    this.authenticator.sign(counter, digest);
  }

  capture(): CarpCredentialsState {
    const { heard, hashed, former } = this.authenticator;
    return {
      counter: this.counter.capture(),
      digest: heard,
      hashed: hashedToJson(hashed),
      formerHashed: former.map((each) => ({ ...hashedToJson(each.hashed), until: each.until })),
      replay: this.replay.capture(),
      seal: this.seals.capture(),
    };
  }

  adopt({ counter, digest, hashed, formerHashed, replay, seal }: CarpCredentialsState): void {
    const { vhid } = this.#owner;
    this.counter.adopt(counter);
    this.authenticator.heard = digest;
    const former = formerHashed.map(({ until, ...each }) => ({ hashed: hashedFromJson(vhid, each), until }));
    if (hashed !== null) this.authenticator.succeed(hashedFromJson(vhid, hashed), former, this.#clock.now());
    this.replay.adopt(replay);
    if (seal !== null) this.seals.adopt(seal);
  }
}

function sameKeys(a: CarpKeys, b: CarpKeys): boolean {
  const same = (key: Uint8Array, i: number): boolean => sameBytes(key, b.heard[i]!);
  return sameBytes(a.own, b.own) && a.heard.length === b.heard.length && a.heard.every(same);
}
