/**
 * @module
 * Randomness is injected, as time is: a kernel has one source, and everything random in it comes from there. With
 * {@link seededRandom} a run repeats bit for bit.
 */

/** A source of random numbers. */
export interface Random {
  /** 0 to 2^32 - 1. */
  uint32(): number;
  /** 0 to 2^64 - 1. */
  uint64(): bigint;
  /** 0 up to, not including, 1. */
  float(): number;
  /** A whole number from 0 up to, not including, `n`. */
  below(n: number): number;
  bytes(n: number): Uint8Array;
}

abstract class RandomSource implements Random {
  abstract uint32(): number;

  uint64(): bigint {
    return (BigInt(this.uint32()) << 32n) | BigInt(this.uint32());
  }

  float(): number {
    return this.uint32() / 2 ** 32;
  }

  below(n: number): number {
    return Math.floor(this.float() * n);
  }

  bytes(n: number): Uint8Array {
    const bytes = new Uint8Array(n);
    for (let i = 0; i < n; i++) bytes[i] = this.uint32() >>> 24;
    return bytes;
  }
}

/** Unpredictable: what the platform's cryptographic generator gives, fetched in blocks. */
export function systemRandom(): Random {
  return new SystemRandom();
}

/** Predictable on purpose: the same seed gives the same numbers, on every platform. Not for secrets. */
export function seededRandom(seed: number | string): Random {
  return new SeededRandom(seed);
}

class SystemRandom extends RandomSource {
  readonly #block = new Uint32Array(64);
  #next = this.#block.length;

  override uint32(): number {
    if (this.#next === this.#block.length) {
      globalThis.crypto.getRandomValues(this.#block);
      this.#next = 0;
    }
    const value = this.#block[this.#next]!;
    this.#block[this.#next++] = 0;
    return value;
  }
}

/** Chris Doty-Humphrey's sfc32: small, fast, passes PractRand; seeded through FNV-1a of the seed's text. */
class SeededRandom extends RandomSource {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #counter = 1;

  constructor(seed: number | string) {
    super();
    this.#a = fnv1a(String(seed));
    for (let i = 0; i < 16; i++) this.uint32();
  }

  override uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
