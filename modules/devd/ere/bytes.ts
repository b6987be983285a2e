const encoder = new TextEncoder();
// oxlint-disable-next-line no-control-regex -- ASCII is what is asked for
const ASCII = /^[\x00-\x7f]*$/;

/** A text's UTF-8 bytes, one per char code: what FreeBSD's engine, which knows only bytes, is given. */
export function toByteString(text: string): string {
  if (ASCII.test(text)) return text;
  let bytes = '';
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

const UPPER = /[A-Z]/;
const UPPERS = /[A-Z]+/g;

/** ASCII letters in lower case: the C locale knows no others. */
export function foldCase(value: string): string {
  return UPPER.test(value) ? value.replace(UPPERS, (letters) => letters.toLowerCase()) : value;
}
