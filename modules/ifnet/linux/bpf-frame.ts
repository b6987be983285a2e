import type { Instruction } from '../../libc/index.js';
import type { FrameClause, FrameField, FrameFilter } from '../index.js';

const LD_W_ABS = 0x20;
const LD_H_ABS = 0x28;
const LD_B_ABS = 0x30;
const JA = 0x05;
const JEQ = 0x15;
const RET = 0x06;
/** Where the program finds what kind of packet it is: SKF_AD_OFF + SKF_AD_PKTTYPE. */
const PKTTYPE = 0xfffff000 + 4;
/** To another host: seen while the interface is promiscuous, or in a VLAN that has no interface. */
const PACKET_OTHERHOST = 3;
const ACCEPT = 0x40000;
/** The kernel takes 4096, but not from a process that would exceed net.core.optmem_max, which was 20,480 bytes for long. */
const MAX_INSTRUCTIONS = 1280;

/** A value as the program compares it: 32 bits at a time; one or two bytes at once. */
type Words = readonly number[];

const op = (code: number, k: number, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });

/**
 * Compiles a filter to a classic BPF program for a packet socket with Ethernet headers (Linux:
 * Documentation/networking/filter.rst). A frame that the program drops never wakes this process; a frame that ends before
 * a field that the program looks at is dropped. A filter with too many values for one program is compiled without the fields
 * that have more than one: it lets more through.
 */
export function compileFrameFilter(filter: FrameFilter | undefined): Instruction[] {
  const whole = assemble(filter);
  if (whole.length <= MAX_INSTRUCTIONS) return whole;
  return assemble(filter?.map((clause) => clause.filter(({ values }) => values.length === 1)));
}

function assemble(filter: FrameFilter | undefined): Instruction[] {
  const forUs = [op(LD_B_ABS, PKTTYPE), op(JEQ, PACKET_OTHERHOST, 0, 1), op(RET, 0)];
  if (filter === undefined) return [...forUs, op(RET, ACCEPT)];
  return [...forUs, ...filter.flatMap(compileClause), op(RET, 0)];
}

/** Accepts the frame if every field holds; else runs on after its end. */
function compileClause(clause: FrameClause): Instruction[] {
  return clause.reduceRight<Instruction[]>(
    (rest, field) => [...compileField(field, rest.length), ...rest],
    [op(RET, ACCEPT)],
  );
}

/** Runs on if the field holds; else jumps over `miss` instructions after its end. */
function compileField({ offset, values }: FrameField, miss: number): Instruction[] {
  const size = values[0]?.length ?? 0;
  if (size === 0) return [op(JA, miss)];
  return oneOf(offset, size, values.map(wordsOf), 0, miss);
}

/**
 * One load, and a comparison with each value; those that begin alike share their beginning. `hit` and `miss` are how
 * many instructions after its end to jump over. A conditional jump reaches 255 instructions, JA any distance.
 */
function oneOf(
  offset: number,
  size: number,
  values: readonly Words[],
  hit: number,
  miss: number,
): Instruction[] {
  const code = [...byFirstWord(values)].reduceRight<Instruction[]>(
    (after, [word, rest]) => {
      if (rest[0]!.length === 0) return [op(JEQ, word, 0, 1), op(JA, after.length + hit), ...after];
      const inner = oneOf(offset + 4, size, rest, after.length + hit, after.length + miss);
      return [op(JEQ, word, 1, 0), op(JA, inner.length), ...inner, ...after];
    },
    [op(JA, miss)],
  );
  return [op(size === 1 ? LD_B_ABS : size === 2 ? LD_H_ABS : LD_W_ABS, offset), ...code];
}

/** Of values that begin alike, the rest of each, by what they begin with. */
function byFirstWord(values: readonly Words[]): Map<number, Words[]> {
  const groups = new Map<number, Words[]>();
  for (const [first, ...rest] of values) {
    const group = groups.get(first!) ?? [];
    group.push(rest);
    groups.set(first!, group);
  }
  return groups;
}

function wordsOf(value: Uint8Array): number[] {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (value.length === 1) return [view.getUint8(0)];
  if (value.length === 2) return [view.getUint16(0)];
  return Array.from({ length: value.length / 4 }, (_, i) => view.getUint32(i * 4));
}
