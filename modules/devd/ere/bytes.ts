const encoder = new TextEncoder();
// oxlint-disable-next-line no-control-regex -- the expression is about ASCII
const ASCII = /^[\x00-\x7f]*$/;

/** A text as a string of its UTF-8 bytes, one per char code: FreeBSD's engine knows only bytes. */
export function toByteString(text: string): string {
  if (ASCII.test(text)) return text;
  let bytes = '';
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

const UPPER = /[A-Z]/;
const UPPERS = /[A-Z]+/g;

/** The text with ASCII letters in lower case: the C locale has no others. */
export function foldCase(value: string): string {
  return UPPER.test(value) ? value.replace(UPPERS, (letters) => letters.toLowerCase()) : value;
}
