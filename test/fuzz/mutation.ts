/** Inputs made of others: bytes changed, cut out, doubled, put together. Quicker than fast-check's own arrays by far. */
import fc from 'fast-check';

/** Numbers on which parsers trip, as they stand in one, two and four bytes. */
const EDGES = [0, 1, 4, 7, 8, 15, 16, 0x7f, 0x80, 0xfe, 0xff];
const MAX_CHANGES = 8;

export interface MutationOptions {
  /** Pieces that the format is made of. */
  readonly tokens?: readonly Uint8Array[];
  /** In bytes. */
  readonly maxLength: number;
}

/** Bytes that are like one of the seeds, which must not be empty. */
export function mutants(seeds: readonly Uint8Array[], options: MutationOptions): fc.Arbitrary<Uint8Array> {
  return new Mutants(seeds, options);
}

/** The same for texts, in UTF-8. A change may leave bytes that are none: they become U+FFFD. */
export function mutantTexts(
  seeds: readonly string[],
  { tokens = [], maxLength }: { readonly tokens?: readonly string[]; readonly maxLength: number },
): fc.Arbitrary<string> {
  const encoded = { tokens: tokens.map((text) => Buffer.from(text)), maxLength };
  return mutants(
    seeds.map((text) => Buffer.from(text)),
    encoded,
  ).map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
}

class Mutants extends fc.Arbitrary<Uint8Array> {
  constructor(
    private readonly seeds: readonly Uint8Array[],
    private readonly options: MutationOptions,
  ) {
    super();
  }

  override generate(random: fc.Random): fc.Value<Uint8Array> {
    let bytes: Uint8Array = Uint8Array.from(pick(random, this.seeds)); // the `slice` of a Buffer is no copy
    for (let left = random.nextInt(0, MAX_CHANGES); left > 0; left--) bytes = this.#change(random, bytes);
    return new fc.Value(bytes.subarray(0, this.options.maxLength), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Uint8Array {
    return value instanceof Uint8Array;
  }

  override shrink(value: Uint8Array): fc.Stream<fc.Value<Uint8Array>> {
    return fc.stream(shorter(value)).map((bytes) => new fc.Value(bytes, undefined));
  }

  #change(random: fc.Random, bytes: Uint8Array): Uint8Array {
    const at = random.nextInt(0, bytes.length);
    const count = Math.min(bytes.length - at, random.nextInt(1, 16));
    const { tokens = [] } = this.options;
    switch (random.nextInt(0, tokens.length === 0 ? 6 : 8)) {
      case 0:
        if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << random.nextInt(0, 7));
        return bytes;
      case 1:
        if (at < bytes.length) bytes[at] = random.nextInt(0, 255);
        return bytes;
      case 2:
        return edge(random, bytes, at);
      case 3:
        return join(bytes.subarray(0, at), bytes.subarray(at + count));
      case 4:
        return join(bytes.subarray(0, at + count), bytes.subarray(at));
      case 5:
        return bytes.subarray(0, at);
      case 6: {
        const other = pick(random, this.seeds);
        return join(bytes.subarray(0, at), other.subarray(random.nextInt(0, other.length)));
      }
      default:
        return join(bytes.subarray(0, at), pick(random, tokens), bytes.subarray(at));
    }
  }
}

/** A number at its limits in one, two or four bytes, in either order. */
function edge(random: fc.Random, bytes: Uint8Array, at: number): Uint8Array {
  const size = 1 << random.nextInt(0, 2);
  if (at + size > bytes.length) return bytes;
  const value = pick(random, EDGES);
  bytes.fill(random.nextInt(0, 3) === 0 ? 0xff : 0, at, at + size);
  bytes[random.nextInt(0, 1) === 0 ? at : at + size - 1] = value;
  return bytes;
}

/** Simpler ones: without a piece, the largest first; then with zeros. */
function* shorter(value: Uint8Array): Generator<Uint8Array> {
  for (let size = value.length; size > 0; size >>= 1)
    for (let at = 0; at < value.length; at += size)
      yield join(value.subarray(0, at), value.subarray(at + size));
  for (let at = 0; at < value.length; at++) {
    if (value[at] === 0) continue;
    const simpler = value.slice();
    simpler[at] = 0;
    yield simpler;
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function pick<T>(random: fc.Random, list: readonly T[]): T {
  return list[random.nextInt(0, list.length - 1)]!;
}
