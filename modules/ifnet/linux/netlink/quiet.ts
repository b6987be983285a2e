/**
 * The kernel reports every renewal of an address's lifetime to all who listen: with a thousand addresses, more than all
 * other reports together. This program drops those reports where they arise, so that they wake no process: RTM_NEWADDR
 * for an address that was there before, has less than 256 s to live, and is preferred until then, if
 *
 * - it is an IPv4 address, and the report bears the sequence number of a renewal (the kernel copies it from the request);
 * - it is an IPv6 address that skips duplicate address detection (IPv6 reports bear no number of a request).
 *
 * So what a renewal adds is reported, and so is a secondary address that becomes a primary one.
 *
 * @module
 */
import { AF_INET, AF_INET6, encodeProgram, type Instruction } from '../../../libc/index.js';
import { IFA_CACHEINFO, IFA_F_NODAD, IFA_FLAGS, RTM_NEWADDR } from './constants.js';

/** The sequence number of all renewals. */
export const RENEWAL_SEQ = 0x72656e65;

const LD_W_ABS = 0x20;
const LD_H_ABS = 0x28;
const LD_B_ABS = 0x30;
const LD_W_IND = 0x40;
const LD_IMM = 0x00;
const LDX_IMM = 0x01;
const LD_MEM = 0x60;
const LDX_MEM = 0x61;
const ST = 0x02;
const TAX = 0x07;
const JEQ = 0x15;
const JEQ_X = 0x1d;
const JSET = 0x45;
const RET = 0x06;
/** SKF_AD_OFF + SKF_AD_NLATTR: where the attribute of type X is, sought from A on; 0 if there is none. */
const NLATTR = 0xfffff00c;

const OFF_TYPE = 4;
const OFF_SEQ = 8;
const OFF_FAMILY = 16;
const OFF_ATTRIBUTES = 24;
/** Offsets in an attribute's bytes, its header included: a number, or struct ifa_cacheinfo. */
const NUMBER = 4;
const PREFERRED = 4;
const VALID = 8;
const CREATED = 12;
const UPDATED = 16;
/** Longer than any report. */
const ACCEPT_LEN = 0x40000;

const ACCEPT = 'accept';
/** An instruction whose jumps may lead to labels. */
interface Line {
  readonly label?: string;
  readonly code: number;
  readonly k: number;
  /** Where to go if true, and if false; absent: on. */
  readonly whenTrue?: string;
  readonly whenFalse?: string;
}

/** The program, for a listener's socket. */
export function quietAboutRenewals(): Buffer {
  return encodeProgram(link(LINES));
}

const seek = (type: number): Line[] => [
  { code: LD_IMM, k: OFF_ATTRIBUTES },
  { code: LDX_IMM, k: type },
  { code: LD_W_ABS, k: NLATTR },
  { code: JEQ, k: 0, whenTrue: ACCEPT },
  { code: TAX, k: 0 },
];

/** Loads are of big-endian numbers, and the kernel's reports are little-endian. */
const LINES: readonly Line[] = [
  { code: LD_H_ABS, k: OFF_TYPE },
  { code: JEQ, k: RTM_NEWADDR << 8, whenFalse: ACCEPT },
  { code: LD_B_ABS, k: OFF_FAMILY },
  { code: JEQ, k: AF_INET6, whenTrue: 'inet6' },
  { code: JEQ, k: AF_INET, whenFalse: ACCEPT },
  { code: LD_W_ABS, k: OFF_SEQ },
  { code: JEQ, k: swapped(RENEWAL_SEQ), whenTrue: 'lifetime', whenFalse: ACCEPT },
  ...labelled('inet6', seek(IFA_FLAGS)),
  { code: LD_W_IND, k: NUMBER },
  { code: JSET, k: swapped(IFA_F_NODAD), whenFalse: ACCEPT },
  ...labelled('lifetime', seek(IFA_CACHEINFO)),
  { code: LD_W_IND, k: CREATED },
  { code: ST, k: 0 },
  { code: LD_W_IND, k: UPDATED },
  { code: ST, k: 1 },
  { code: LD_W_IND, k: PREFERRED },
  { code: ST, k: 2 },
  { code: LD_W_IND, k: VALID },
  { code: JSET, k: swapped(0xffffff00), whenTrue: ACCEPT },
  { code: LDX_MEM, k: 2 },
  { code: JEQ_X, k: 0, whenFalse: ACCEPT },
  { code: LD_MEM, k: 1 },
  { code: LDX_MEM, k: 0 },
  { code: JEQ_X, k: 0, whenTrue: ACCEPT },
  { code: RET, k: 0 },
  { label: ACCEPT, code: RET, k: ACCEPT_LEN },
];

function labelled(label: string, lines: readonly Line[]): Line[] {
  return lines.map((line, i) => (i === 0 ? { ...line, label } : line));
}

function link(lines: readonly Line[]): Instruction[] {
  return lines.map(({ code, k, whenTrue, whenFalse }, here) => {
    const jump = (to: string | undefined): number =>
      to === undefined ? 0 : lines.findIndex(({ label }) => label === to) - here - 1;
    return { code, jt: jump(whenTrue), jf: jump(whenFalse), k };
  });
}

function swapped(word: number): number {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, word);
  return bytes.getUint32(0, true);
}
