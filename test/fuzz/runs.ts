/**
 * How long a fuzzer runs: as many programs as it asks for in `npm test`, and a multiple of that when the
 * environment says so, as in `CARPET_FUZZ=100 npm test -- fuzz/devd`.
 */
export function fuzzRuns(usual: number): number {
  const factor = Number(process.env['CARPET_FUZZ'] ?? 1);
  return Math.max(1, Math.round(usual * (Number.isFinite(factor) && factor > 0 ? factor : 1)));
}
