/**
 * Lays out strings as execve(2) and its like take them (`char *const []`): the pointers, a null pointer, and behind them
 * the strings that they point to.
 *
 * @param addressOf the address of a buffer
 * @throws RangeError for a string with a NUL byte, which would end it
 */
export function stringVector(strings: readonly string[], addressOf: (buffer: Buffer) => bigint): Buffer {
  if (strings.some((string) => string.includes('\0')))
    throw new RangeError('an argument or the environment has null bytes');
  const start = 8 * (strings.length + 1);
  const lengths = strings.map((string) => Buffer.byteLength(string) + 1);
  const vector = Buffer.alloc(start + lengths.reduce((sum, length) => sum + length, 0));
  const base = addressOf(vector);
  let at = start;
  for (const [i, string] of strings.entries()) {
    vector.writeBigUInt64LE(base + BigInt(at), 8 * i);
    vector.write(string, at);
    at += lengths[i]!;
  }
  return vector;
}
