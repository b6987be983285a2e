import type { InetAddress, InetPrefix } from '../../ifnet/index.js';
import { CarpAuthenticator } from '../wire/authenticator.js';
import type { CarpDigestInput } from '../wire/digest.js';
import type { HmacWork } from '../wire/hmac.js';
import type { Fault } from './explanation.js';
import { nearMisses, type Presumed } from './near-misses.js';

/** Senders whose fault is remembered. */
const MAX_SENDERS = 256;
/** Searches for a fault, of one sender and of all: each tries some thousand digests. */
const MAX_SEARCHES = 3;
const MAX_SEARCHES_OF_ALL = 256;

/** What was given to check digests with. */
export interface DigestKnowledge {
  /** The password's bytes. */
  readonly key: Uint8Array;
  /** More passwords that are heard, as the vhid's setting `passwords` has them. */
  readonly heardKeys: readonly Uint8Array[];
  /** The addresses of the vhid, at least one. */
  readonly prefixes: readonly InetPrefix[];
}

/** The sender of an advertisement with a wrong digest. */
export interface SuspectSender {
  readonly vhid: number;
  readonly source: InetAddress;
  readonly lladdr: Uint8Array | undefined;
  readonly announced: readonly InetAddress[];
}

interface Known {
  /** What fits, and why that is a fault; undefined while nothing does. */
  found: { readonly authenticator: CarpAuthenticator; readonly fault: Fault } | undefined;
  searches: number;
}

/** Checks digests, and finds out why one is wrong. */
export class DigestCheck {
  readonly #knowledge: DigestKnowledge;
  readonly #work: HmacWork;
  readonly #right = new Map<number, readonly CarpAuthenticator[]>();
  readonly #senders = new Map<string, Known>();
  #searches = 0;

  constructor(knowledge: DigestKnowledge, work: HmacWork) {
    this.#knowledge = knowledge;
    this.#work = work;
  }

  /** Whether the digest is that of the vhid with the addresses and one of the passwords given. */
  holds(vhid: number, counter: Uint8Array, digest: Uint8Array): boolean {
    let right = this.#right.get(vhid);
    if (right === undefined) {
      const { key, heardKeys } = this.#knowledge;
      right = [key, ...heardKeys].map((each) => this.#authenticator({ vhid, ...this.#input, key: each }));
      this.#right.set(vhid, right);
    }
    return right.some((each) => each.verify(counter, digest, 0));
  }

  /** Why a digest is wrong, if that can be found out. */
  explain(counter: Uint8Array, digest: Uint8Array, sender: SuspectSender): Fault | undefined {
    const known = this.#sender(`${sender.vhid} ${sender.source}`);
    if (known.found?.authenticator.verify(counter, digest, 0) === true) return known.found.fault;
    if (known.searches === MAX_SEARCHES || this.#searches === MAX_SEARCHES_OF_ALL) return undefined;
    known.searches++;
    this.#searches++;
    const presumed: Presumed = { ...sender, ...this.#knowledge };
    for (const { input, fault } of nearMisses(presumed)) {
      const authenticator = this.#authenticator(input);
      if (!authenticator.verify(counter, digest, 0)) continue;
      known.found = { authenticator, fault };
      return fault;
    }
    return undefined;
  }

  get #input(): Omit<CarpDigestInput, 'vhid'> {
    const { key, prefixes } = this.#knowledge;
    return { key, addresses: prefixes.map(({ address }) => address.bytes) };
  }

  #authenticator({ key, ...hashed }: CarpDigestInput): CarpAuthenticator {
    return new CarpAuthenticator({ hashed, key, dialect: 'auto' }, this.#work);
  }

  /** Maps iterate in the order of insertion: the first was noted longest ago. */
  #sender(name: string): Known {
    const known = this.#senders.get(name) ?? { found: undefined, searches: 0 };
    const [oldest] = this.#senders.keys();
    if (oldest !== undefined && this.#senders.size >= MAX_SENDERS && !this.#senders.has(name))
      this.#senders.delete(oldest);
    this.#senders.set(name, known);
    return known;
  }
}
