import type { Instruction } from '../../libc/index.js';
import type { InetAddress, InetFamily, PacketFilter } from '../index.js';

const LD_W_ABS = 0x20;
const LD_B_ABS = 0x30;
const LD_B_IND = 0x50;
const LDX_B_MSH = 0xb1;
const AND = 0x54;
const JEQ = 0x15;
const JGT = 0x25;
const JGE = 0x35;
const RET = 0x06;
const SKF_NET_OFF = 0xfff00000;
const ACCEPT = 0x40000;

const op = (code: number, k: number, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });
const REFUSE = op(RET, 0);

/**
 * Compiles a filter to a classic BPF program for a raw socket (Linux: Documentation/networking/filter.rst). A packet that
 * the program drops never wakes this process. Offset 0 is the IP header on an IPv4 raw socket and the payload on an IPv6
 * one, where SKF_NET_OFF reaches the IP header. A load beyond the end drops the packet, so a packet too short for a byte
 * test does not pass.
 */
export function compileFilter(filter: PacketFilter, family: InetFamily): Instruction[] {
  const program: Instruction[] = [];
  if (filter.ttl !== undefined) {
    program.push(op(LD_B_ABS, family === 4 ? 8 : SKF_NET_OFF + 7), ...unlessOneOf([filter.ttl]));
  }
  for (const source of filter.notSource ?? []) {
    if (source.family === family) program.push(...refuseSource(source));
  }
  if (family === 4 && filter.bytes?.length) program.push(op(LDX_B_MSH, 0));
  for (const { offset, mask, values } of filter.bytes ?? []) {
    program.push(op(family === 4 ? LD_B_IND : LD_B_ABS, offset), op(AND, mask), ...unlessOneOf(values));
  }
  return [...program, op(RET, ACCEPT)];
}

/**
 * Drops the packet unless the accumulator is one of the values. Values that follow one another are compared as a range:
 * 255 vhids in a row cost each packet two comparisons. A jump reaches 255 instructions.
 */
function unlessOneOf(values: readonly number[]): Instruction[] {
  const code = rangesOf(values).reduceRight<Instruction[]>(
    (rest, [low, high]) =>
      low === high
        ? [op(JEQ, low, rest.length, 0), ...rest]
        : [op(JGE, low, 0, 1), op(JGT, high, 0, rest.length), ...rest],
    [REFUSE],
  );
  return code.length > 256 ? [] : code;
}

/** The values in ascending order, as ranges with both ends. */
function rangesOf(values: readonly number[]): [low: number, high: number][] {
  const ranges: [low: number, high: number][] = [];
  for (const value of values.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && value <= last[1] + 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges;
}

function refuseSource({ family, bytes }: InetAddress): Instruction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4));
  const start = family === 4 ? 12 : SKF_NET_OFF + 8;
  const after = (i: number): number => (words.length - 1 - i) * 2 + 1;
  return [...words.flatMap((word, i) => [op(LD_W_ABS, start + i * 4), op(JEQ, word, 0, after(i))]), REFUSE];
}
