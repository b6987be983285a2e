import fc from 'fast-check';
import type { FuzzTarget } from './target.js';

/**
 * The short form of a target's property, for a test: as many runs as it asks for, and a multiple of that when the
 * environment says so, as in `CARPET_FUZZ=100 npm test -- fuzz/devd`.
 */
export async function fuzzShortly(target: FuzzTarget, name: string): Promise<void> {
  const open = await target.open();
  try {
    const { property, usual, reached } = open.properties[name]!;
    await fc.assert(property, { numRuns: runsOf(usual) });
    reached?.();
  } finally {
    await open[Symbol.asyncDispose]?.();
  }
}

function runsOf(usual: number): number {
  const factor = Number(process.env['CARPET_FUZZ'] ?? 1);
  return Math.max(1, Math.round(usual * (Number.isFinite(factor) && factor > 0 ? factor : 1)));
}
