import type { CarpDialect } from '../dialect.js';
import { isScopeEmbedded } from './address-set.js';
import { CarpDigest, type CarpDigestSettings, type CarpHmacContext, sameDigests } from './digest.js';
import type { HmacWork } from './hmac.js';

/** How long digests over former addresses are accepted: time to give the other hosts the new ones. */
const FORMER_DIGESTS_MS = 60_000;

interface FormerDigests {
  readonly orig: CarpDigest;
  readonly nov6ll: CarpDigest | undefined;
  /** How long they are accepted, in ms. */
  readonly until: number;
}

/** What an authenticator is made from. */
export interface CarpAuthenticatorSettings {
  readonly hashed: CarpDigestSettings;
  /** The password's bytes. */
  readonly key: Uint8Array;
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
export class CarpAuthenticator {
  #key: Uint8Array;
  #hashed: CarpDigestSettings;
  #orig!: CarpDigest;
  /** Undefined if it is the same. */
  #nov6ll: CarpDigest | undefined;
  #former: FormerDigests | undefined;
  #heard: CarpHmacContext = 'orig';
  #dialect: CarpDialect;
  readonly #work: HmacWork;

  constructor({ hashed, key, dialect }: CarpAuthenticatorSettings, work: HmacWork) {
    this.#key = key;
    this.#work = work;
    this.#hashed = hashed;
    this.#dialect = dialect;
    this.#makeDigests();
  }

  /** A new password replaces the old one at once: FreeBSD rehashes on SIOCSVH. */
  setKey(key: Uint8Array): void {
    this.#key = key;
    this.#former = undefined;
    this.#makeDigests();
  }

  /**
   * The former digests are accepted for another minute. No-op if the new ones are the same.
   *
   * @param now on the clock that {@link verify} is called with, in ms
   */
  setHashed(hashed: CarpDigestSettings, now: number): void {
    if (sameDigests(hashed, this.#hashed)) return;
    this.#hashed = hashed;
    this.#former = { orig: this.#orig, nov6ll: this.#nov6ll, until: now + FORMER_DIGESTS_MS };
    this.#makeDigests();
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
    (without ? (this.#nov6ll ?? this.#orig) : this.#orig).sign(counter, out);
  }

  /** Whether an advertisement was made with our password, vhid and addresses; `now` in ms. */
  verify(counter: Uint8Array, digest: Uint8Array, now: number): boolean {
    if (this.#orig.verify(counter, digest)) {
      this.#heard = 'orig';
      return true;
    }
    if (this.#nov6ll?.verify(counter, digest) === true) {
      this.#heard = 'nov6ll';
      return true;
    }
    if (this.#former === undefined) return false;
    if (now > this.#former.until) {
      this.#former = undefined;
      return false;
    }
    return this.#former.orig.verify(counter, digest) || this.#former.nov6ll?.verify(counter, digest) === true;
  }

  #makeDigests(): void {
    const input = { ...this.#hashed, key: this.#key };
    const differ = input.addresses.some(isScopeEmbedded);
    this.#orig = new CarpDigest(input, this.#work);
    this.#nov6ll = differ ? new CarpDigest({ ...input, context: 'nov6ll' }, this.#work) : undefined;
  }
}
