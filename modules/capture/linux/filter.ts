import type { Instruction } from '../../libc/index.js';

const LD_H_ABS = 0x28;
const LD_B_ABS = 0x30;
const JEQ = 0x15;
const RET = 0x06;
const ACCEPT = 0x40000;

/** A frame that a tap wants: every one of these types, or of these protocols over IPv4 and IPv6. */
export interface TapFilter {
  readonly etherTypes: readonly number[];
  readonly protocols: readonly number[];
}

const ETHERTYPE_IP = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const IPV4_PROTOCOL = 23;
const IPV6_NEXT_HEADER = 20;
/** Behind these the protocol is somewhere else: what they carry is let through. */
const OUTER_PROTOCOLS = [0, 43, 44, 51, 60];

/** Compiles a filter to classic BPF. Tagged frames whose tag is still in place come through whatever is in them. */
export function compileTapFilter({ etherTypes, protocols }: TapFilter): Instruction[] {
  const op = (code: number, k: number, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });
  const accept = (code: number, offset: number, values: readonly number[]): Instruction[] => [
    op(code, offset),
    ...values.flatMap((value) => [op(JEQ, value, 0, 1), op(RET, ACCEPT)]),
  ];
  const inIp = (type: number, offset: number, values: readonly number[]): Instruction[] => {
    const test = accept(LD_B_ABS, offset, values);
    return [op(LD_H_ABS, 12), op(JEQ, type, 0, test.length), ...test];
  };
  return [
    ...accept(LD_H_ABS, 12, [...etherTypes, 0x8100, 0x88a8]),
    ...inIp(ETHERTYPE_IP, IPV4_PROTOCOL, [...protocols, 51]),
    ...inIp(ETHERTYPE_IPV6, IPV6_NEXT_HEADER, [...protocols, ...OUTER_PROTOCOLS]),
    op(RET, 0),
  ];
}
