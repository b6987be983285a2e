import type { Prefetched } from '../../ifnet/index.js';
import type { CarpDialect } from '../dialect.js';
import { isScopeEmbedded } from './address-set.js';
import { CarpDigest, type CarpDigestSettings, type CarpHmacContext, sameDigests } from './digest.js';
import type { HmacWork } from './hmac.js';

/** How long digests over former addresses are accepted: time to give the other hosts the new ones. */
const FORMER_DIGESTS_MS = 60_000;
/** Former lists: whoever gives a wrong one mends it within that time, and the other hosts have the one before. */
const MAX_FORMER = 2;

/** The digests that one password gives. */
interface Digests {
  readonly orig: CarpDigest;
  /** Undefined if it is the same. */
  readonly nov6ll: CarpDigest | undefined;
}

/** Former addresses, over which digests are still accepted. */
export interface CarpFormerHashed {
  readonly hashed: CarpDigestSettings;
  /** How long they are, in ms on the clock of {@link CarpAuthenticator.verify}. */
  readonly until: number;
}

interface FormerDigests extends CarpFormerHashed {
  /** Those of all passwords. */
  readonly all: readonly Digests[];
}

/** What an authenticator is made from. */
export interface CarpAuthenticatorSettings {
  readonly hashed: CarpDigestSettings;
  /** The password's bytes. */
  readonly key: Uint8Array;
  /** Those of more passwords, which are heard and never signed with. */
  readonly heard?: readonly Uint8Array[];
  readonly dialect: CarpDialect;
}

/**
 * The keys of one vhid. Keeps the password's bytes and never shows them.
 *
 * One secret gives up to two digests: over all addresses (`orig`), and without those of embedded scope (`nov6ll`), the
 * only one that an OpenBSD peer with its automatic link-local address has in common with us. We accept both, as OpenBSD
 * does. We send what the dialect asks for; `auto` sends what it last heard.
 *
 * When the addresses change, or a link-layer address that is hashed, the former digests are accepted for a while: until
 * every host has the new ones, those that have must not take the others for dead.
 */
export class CarpAuthenticator implements Prefetched {
  #key: Uint8Array;
  #hashed: CarpDigestSettings;
  #own: Digests;
  #more: readonly Digests[];
  #moreKeys: readonly Uint8Array[];
  /** The latest first. */
  #former: readonly FormerDigests[] = [];
  #heard: CarpHmacContext = 'orig';
  #dialect: CarpDialect;
  readonly #work: HmacWork;

  constructor({ hashed, key, heard = [], dialect }: CarpAuthenticatorSettings, work: HmacWork) {
    this.#key = key;
    this.#moreKeys = heard;
    this.#work = work;
    this.#hashed = hashed;
    this.#dialect = dialect;
    this.#own = this.#digests(key);
    this.#more = heard.map((each) => this.#digests(each));
  }

  /**
   * A new password replaces the old one at once: FreeBSD rehashes on SIOCSVH. One that is not given any more is not heard
   * any more, also over former addresses.
   *
   * @param heard more that are heard, perhaps the old one among them
   */
  setKeys(key: Uint8Array, heard: readonly Uint8Array[]): void {
    this.#key = key;
    this.#moreKeys = heard;
    this.#makeDigests();
    this.#accept(this.#former);
  }

  /**
   * The former digests are accepted for another minute, and those before them for the rest of theirs. Changes nothing if the
   * new ones are the same.
   *
   * @param now on the clock that {@link verify} is called with, in ms
   */
  setHashed(hashed: CarpDigestSettings, now: number): void {
    const former = { hashed: this.#hashed, until: now + FORMER_DIGESTS_MS };
    this.#hashed = hashed;
    this.#makeDigests();
    this.#accept([former, ...this.#former]);
  }

  /** What is hashed now. */
  get hashed(): CarpDigestSettings {
    return this.#hashed;
  }

  /** What was hashed before, and is still accepted, the latest first. */
  get former(): readonly CarpFormerHashed[] {
    return this.#former;
  }

  /**
   * A predecessor hashed this, which is accepted for a minute if the settings are others now, and accepted the former ones.
   *
   * @param now on the clock that {@link verify} is called with, in ms
   */
  succeed(hashed: CarpDigestSettings, former: readonly CarpFormerHashed[], now: number): void {
    this.#accept([{ hashed, until: now + FORMER_DIGESTS_MS }, ...former]);
  }

  setDialect(dialect: CarpDialect): void {
    this.#dialect = dialect;
  }

  /** The digest that the peers were last heard to use. */
  get heard(): CarpHmacContext {
    return this.#heard;
  }
  set heard(context: CarpHmacContext) {
    this.#heard = context;
  }

  /** Writes the digest of our own advertisement. */
  sign(counter: Uint8Array, out: Uint8Array): void {
    const without = this.#dialect === 'openbsd' || (this.#dialect === 'auto' && this.#heard === 'nov6ll');
    const { orig, nov6ll = orig } = this.#own;
    (without ? nov6ll : orig).sign(counter, out);
  }

  prefetch(): number {
    return this.#own.orig.prefetch();
  }

  /** Whether an advertisement was made with our password, vhid and addresses; `now` in ms. */
  verify(counter: Uint8Array, digest: Uint8Array, now: number): boolean {
    const context = matching(this.#own, counter, digest);
    if (context !== undefined) {
      this.#heard = context;
      return true;
    }
    if (matchesAny(this.#more, counter, digest)) return true;
    if (this.#former.length === 0) return false;
    this.#former = this.#former.filter(({ until }) => now <= until);
    return this.#former.some(({ all }) => matchesAny(all, counter, digest));
  }

  #makeDigests(): void {
    this.#own = this.#digests(this.#key);
    this.#more = this.#moreKeys.map((key) => this.#digests(key));
  }

  /** Those that count now are no former ones, though they were before. */
  #accept(former: readonly CarpFormerHashed[]): void {
    const keys = [this.#key, ...this.#moreKeys];
    const others = former.filter(({ hashed }) => !sameDigests(hashed, this.#hashed));
    this.#former = others.slice(0, MAX_FORMER).map(({ hashed, until }) => {
      return { hashed, until, all: keys.map((key) => this.#digests(key, hashed)) };
    });
  }

  #digests(key: Uint8Array, hashed = this.#hashed): Digests {
    const input = { ...hashed, key };
    const differ = input.addresses.some(isScopeEmbedded);
    return {
      orig: new CarpDigest(input, this.#work),
      nov6ll: differ ? new CarpDigest({ ...input, context: 'nov6ll' }, this.#work) : undefined,
    };
  }
}

function matchesAny(all: readonly Digests[], counter: Uint8Array, digest: Uint8Array): boolean {
  return all.some((each) => matching(each, counter, digest) !== undefined);
}

function matching(
  { orig, nov6ll }: Digests,
  counter: Uint8Array,
  digest: Uint8Array,
): CarpHmacContext | undefined {
  if (orig.verify(counter, digest)) return 'orig';
  return nov6ll?.verify(counter, digest) === true ? 'nov6ll' : undefined;
}
