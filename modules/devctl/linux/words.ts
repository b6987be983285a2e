/** Small parts of the descriptions. */
export type Variables = Record<string, string>;

/** `0x046d` of `46d`. */
export function hex(digits: string, length: number): string {
  return `0x${digits.toLowerCase().padStart(length, '0')}`;
}

/** The match and its groups; none where there is no match. */
export function groups(pattern: RegExp, text: string | undefined): (string | undefined)[] {
  return text === undefined ? [] : (pattern.exec(text) ?? []);
}

/** A blank, which a few names have, would end the name in the record. */
export function oneWord(text: string): string {
  return text.replace(/\s/g, '_') || '.';
}
