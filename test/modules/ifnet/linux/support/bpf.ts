import assert from 'node:assert/strict';
import type { Instruction } from '../../../../../modules/libc/index.js';

const NET_OFF = 0xfff00000;
const PKTTYPE = 0xfffff004;

/**
 * Runs a classic BPF program as the kernel does (net/core/filter.c).
 *
 * @param network where SKF_NET_OFF points to
 * @param pktType SKF_AD_PKTTYPE: 0 is to this host, 3 to another
 * @returns how many bytes pass, 0 for none
 */
export function run(
  program: readonly Instruction[],
  data: Uint8Array,
  network: Uint8Array = data,
  pktType = 0,
): number {
  let [a, x] = [0, 0];
  const load = (k: number, size: number): number | undefined => {
    if (k === PKTTYPE) return pktType;
    const [bytes, at] = k >= NET_OFF ? [network, k - NET_OFF] : [data, k];
    if (at + size > bytes.length) return undefined;
    return bytes.subarray(at, at + size).reduce((value, byte) => value * 256 + byte, 0);
  };
  for (let pc = 0; pc < program.length; pc++) {
    const { code, jt, jf, k } = program[pc]!;
    let loaded: number | undefined = 0;
    if (code === 0x20) loaded = a = load(k, 4)!;
    else if (code === 0x28) loaded = a = load(k, 2)!;
    else if (code === 0x30) loaded = a = load(k, 1)!;
    else if (code === 0x50) loaded = a = load(x + k, 1)!;
    else if (code === 0xb1) x = (data[k]! & 15) * 4;
    else if (code === 0x54) a = (a & k) >>> 0;
    else if (code === 0x05) pc += k;
    else if (code === 0x15) pc += a === k ? jt : jf;
    else if (code === 0x25) pc += a > k ? jt : jf;
    else if (code === 0x35) pc += a >= k ? jt : jf;
    else if (code === 0x06) return k;
    else assert.fail(`instruction 0x${code.toString(16)}`);
    if (loaded === undefined) return 0;
  }
  return assert.fail('ran over the end');
}
