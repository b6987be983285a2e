import { SO_ATTACH_FILTER, SOL_SOCKET } from './constants.js';
import type { Libc } from './libc.js';

/** struct sock_filter of classic BPF: an opcode, where to jump if true and if false, and an operand. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Encodes a program as struct sock_filter[], 8 bytes each. */
export function encodeProgram(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, jt, jf, k }, i) => {
    bytes.writeUInt16LE(code, i * 8);
    bytes[i * 8 + 2] = jt;
    bytes[i * 8 + 3] = jf;
    bytes.writeUInt32LE(k >>> 0, i * 8 + 4);
  });
  return bytes;
}

/**
 * Attaches an encoded program to a socket, in place of the one that it has: what the program drops never wakes this
 * process. struct sock_fprog is a count and a pointer, which the kernel reads during the call.
 * @throws SystemError
 */
export function attachProgram(libc: Libc, fd: number, program: Buffer): void {
  const sockFprog = Buffer.alloc(16);
  sockFprog.writeUInt16LE(program.length / 8);
  sockFprog.writeBigUInt64LE(libc.address(program), 8);
  libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, sockFprog);
}
