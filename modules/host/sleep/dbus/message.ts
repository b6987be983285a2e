/** D-Bus messages: the part of the D-Bus Specification that a client of logind needs. */
import { CarpetError } from '../../../../core/index.js';
import { type ByteOrder, Reader, uint32At } from './reader.js';
import { Writer } from './writer.js';

export const METHOD_CALL = 1;
export const METHOD_RETURN = 2;
export const ERROR = 3;
export const SIGNAL = 4;

const LITTLE_ENDIAN = 0x6c;
const BIG_ENDIAN = 0x42;
const PROTOCOL = 1;
/** The fixed part of a header, with the length of the array of fields. */
const FIXED = 16;
/** Longer ones are none. */
const MAX_LENGTH = 2 ** 27;

/** Fields of a header, by their codes. */
const PATH = 1;
const INTERFACE = 2;
const MEMBER = 3;
const ERROR_NAME = 4;
const REPLY_SERIAL = 5;
const DESTINATION = 6;
const SENDER = 7;
const SIGNATURE = 8;
const UNIX_FDS = 9;

/** A method of an object, and what it is called with: strings alone. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly string[];
}

/** A message that was received. Strings of a field that it lacks are empty. */
export interface Message {
  readonly type: number;
  /** The unique name of the peer that sent it, or the bus's own: the bus vouches for it. */
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly errorName: string;
  readonly replySerial: number;
  /** How many descriptors came with it. */
  readonly descriptors: number;
  /** The values of the body, up to the first of a type that is not known here. */
  readonly body: readonly (string | number | boolean)[];
}

/** Encodes a call. `serial` comes back in the answer. */
export function encodeCall(call: MethodCall, serial: number): Buffer {
  const body = new Writer();
  for (const text of call.body) body.string(text);
  const header = new Writer();
  header.bytes(LITTLE_ENDIAN, METHOD_CALL, 0, PROTOCOL);
  header.uint32(body.length);
  header.uint32(serial);
  header.array(8, () => {
    header.field(PATH, 'o', call.path);
    header.field(DESTINATION, 's', call.destination);
    header.field(INTERFACE, 's', call.interface);
    header.field(MEMBER, 's', call.member);
    if (call.body.length > 0) header.field(SIGNATURE, 'g', 's'.repeat(call.body.length));
  });
  header.align(8);
  return Buffer.concat([header.take(), body.take()]);
}

/**
 * The length of the message that `bytes` begin with; undefined until its header's fixed part is there.
 * @throws CarpetError EPROTO for what is none, or is too long
 */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED) return undefined;
  const order = orderOf(bytes);
  if (order === undefined || bytes[3] !== PROTOCOL)
    throw new CarpetError('EPROTO', 'the message bus sent something else than a message');
  const length = FIXED + Math.ceil(uint32At(bytes, 12, order) / 8) * 8 + uint32At(bytes, 4, order);
  if (length > MAX_LENGTH)
    throw new CarpetError('EPROTO', `the message bus sent ${length} bytes in one message`);
  return length;
}

/** Decodes one whole message. @throws RangeError, CarpetError EPROTO for one that does not fit its own lengths */
export function decodeMessage(bytes: Buffer): Message {
  const order = orderOf(bytes) ?? 'little';
  const header = new Reader(bytes.subarray(0, FIXED + uint32At(bytes, 12, order)), order, 12);
  const fields = new Map<number, string | number | boolean>();
  for (header.uint32(); header.more; ) {
    header.align(8);
    const code = header.byte();
    const value = header.value(header.signature());
    if (value === undefined) break;
    fields.set(code, value);
  }
  const text = (code: number): string => String(fields.get(code) ?? '');
  const count = (code: number): number => Number(fields.get(code) ?? 0);
  return {
    type: bytes[1]!,
    sender: text(SENDER),
    path: text(PATH),
    interface: text(INTERFACE),
    member: text(MEMBER),
    errorName: text(ERROR_NAME),
    replySerial: count(REPLY_SERIAL),
    descriptors: count(UNIX_FDS),
    body: readBody(
      new Reader(bytes.subarray(bytes.length - uint32At(bytes, 4, order)), order),
      text(SIGNATURE),
    ),
  };
}

/** Undefined for what is no message. */
function orderOf(bytes: Buffer): ByteOrder | undefined {
  if (bytes[0] === LITTLE_ENDIAN) return 'little';
  return bytes[0] === BIG_ENDIAN ? 'big' : undefined;
}

function readBody(reader: Reader, signature: string): (string | number | boolean)[] {
  const values: (string | number | boolean)[] = [];
  for (const type of signature) {
    const value = reader.value(type);
    if (value === undefined) break;
    values.push(value);
  }
  return values;
}
