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
  const program = new BackwardProgram();
  if (filter === undefined) program.add(RET, ACCEPT);
  else {
    program.add(RET, 0);
    for (const clause of filter.toReversed()) compileClause(program, clause);
  }
  program.add(RET, 0).add(JEQ, PACKET_OTHERHOST, 0, 1).add(LD_B_ABS, PKTTYPE);
  return program.instructions();
}

/**
 * A program that is written from its end: what a jump leads to stands already, so that each instruction is written once. A
 * place is where the program went on when it was asked for.
 */
class BackwardProgram {
  /** The last one first. */
  readonly #code: Instruction[] = [];

  get place(): number {
    return this.#code.length;
  }

  /** How many instructions the next one jumps over to get to the place. */
  over(place: number): number {
    return this.#code.length - place;
  }

  /** Writes an instruction before all others. */
  add(code: number, k: number, jt = 0, jf = 0): this {
    this.#code.push({ code, jt, jf, k });
    return this;
  }

  instructions(): Instruction[] {
    return this.#code.toReversed();
  }
}

/** Accepts the frame if every field holds; else runs on after its end. */
function compileClause(program: BackwardProgram, clause: FrameClause): void {
  const miss = program.place;
  program.add(RET, ACCEPT);
  for (const field of clause.toReversed()) compileField(program, field, miss);
}

/** Runs on if the field holds; else goes to `miss`. */
function compileField(program: BackwardProgram, { offset, values }: FrameField, miss: number): void {
  const size = values[0]?.length ?? 0;
  if (size === 0) program.add(JA, program.over(miss));
  else oneOf(program, { offset, size, hit: program.place, miss }, values.map(wordsOf));
}

/**
 * One load, and a comparison with each value; those that begin alike share their beginning. A conditional jump reaches 255
 * instructions, JA any distance.
 */
function oneOf(
  program: BackwardProgram,
  field: { readonly offset: number; readonly size: number; readonly hit: number; readonly miss: number },
  values: readonly Words[],
): void {
  const { offset, size, hit, miss } = field;
  program.add(JA, program.over(miss));
  for (const [word, rest] of [...byFirstWord(values)].toReversed()) {
    const next = program.place;
    if (rest[0]!.length === 0) program.add(JA, program.over(hit)).add(JEQ, word, 0, 1);
    else {
      oneOf(program, { ...field, offset: offset + 4 }, rest);
      program.add(JA, program.over(next)).add(JEQ, word, 1, 0);
    }
  }
  program.add(size === 1 ? LD_B_ABS : size === 2 ? LD_H_ABS : LD_W_ABS, offset);
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
