import { readFileSync } from 'node:fs';

/**
 * The interesting inputs of a target, from corpus/NAME.json: a list of texts. Those of a target that reads bytes are
 * written in hexadecimal.
 */
export function corpusTexts(name: string): string[] {
  const file = new URL(`../../../test/fuzz/corpus/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as string[];
}

/** The same as bytes. */
export function corpusBytes(name: string): Uint8Array[] {
  return corpusTexts(name).map((text) => Uint8Array.from(Buffer.from(text, 'hex')));
}
