/** The kinds of values that only VRRP's settings have. */
import * as v from 'valibot';

export const yesOrNo = v.boolean('must be true or false');

/** A name in a settings file. */
export const name = v.pipe(
  v.string('is not a name'),
  v.regex(/^[\w.-]{1,32}$/, 'is not a name of letters, digits, . _ -'),
);

export const ifname = v.pipe(
  v.string('is not a string'),
  v.regex(/^[^\s/\p{Cc}]{1,15}$/u, 'is not an interface name'),
);

const bytes = v.union(
  [v.string(), v.custom<Uint8Array>((given) => given instanceof Uint8Array)],
  'must be a string or bytes',
);

/** Of version 2: keepalived cuts longer ones, and two that differ behind that are the same to it. */
export const password = v.pipe(
  bytes,
  v.transform((given) => (typeof given === 'string' ? new TextEncoder().encode(given) : given.slice())),
  v.check(({ length }) => length >= 1 && length <= 8, 'is not 1 to 8 bytes long, as in version 2'),
);

const MIN_KEY = 32;
const MAX_KEY = 64;

/** Of the trailer: hexadecimal digits. */
export const key = v.pipe(
  bytes,
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const given = dataset.value;
    const octets = typeof given === 'string' ? fromHex(given) : given.slice();
    if (octets !== undefined && octets.length >= MIN_KEY && octets.length <= MAX_KEY) return octets;
    addIssue({ message: `is not ${2 * MIN_KEY} to ${2 * MAX_KEY} hexadecimal digits` });
    return NEVER;
  }),
);

function fromHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
