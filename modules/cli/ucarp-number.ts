import { UsageError } from './failure.js';

/** The options of ucarp(8) that are numbers: the least and the most of each. */
const RANGES = {
  vhid: [1, 255],
  advbase: [0, 255],
  advskew: [0, 255],
  deadratio: [1, 255],
} as const;

type UcarpNumber = keyof typeof RANGES;

export function isUcarpNumber(name: string): name is UcarpNumber {
  return Object.hasOwn(RANGES, name);
}

/**
 * Reads a number, decimal, or hexadecimal with 0x. A leading zero is refused: ucarp reads the vhid 010 as octal 8, the user
 * may not.
 * @throws UsageError
 */
export function ucarpNumber(name: UcarpNumber, text: string): number {
  const [min, max] = RANGES[name];
  const result = /^(0|[1-9]\d{0,9}|0x[\da-f]{1,8})$/i.test(text) ? Number(text) : Number.NaN;
  if (result >= min && result <= max) return result;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
}
