import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './bench.js';

/** Figures of a release, with the machine that they were measured on. */
export interface StoredFigures {
  readonly machine: string;
  readonly figures: readonly Measurement[];
}

/** Two runs on one machine differ by as much. */
const NOISE = 1.25;
/** Units of which more is better; of all others, less is. */
const MORE_IS_BETTER: ReadonlySet<string> = new Set(['1/s']);

/** Those of docs/benchmarks.json. */
export function storedFigures(): StoredFigures {
  const file = fileURLToPath(new URL('../../../docs/benchmarks.json', import.meta.url));
  return JSON.parse(readFileSync(file, 'utf8')) as StoredFigures;
}

/** One line per figure: what it is now, and where one is stored, how that compares. */
export function table(found: readonly Measurement[], { figures }: StoredFigures): string[] {
  return found.map((now) => {
    const line = `${now.id.padEnd(48)} ${now.value.toPrecision(4).padStart(10)} ${now.unit.padEnd(6)}`;
    const before = figures.find(({ id, unit }) => id === now.id && unit === now.unit);
    return before === undefined ? line.trimEnd() : `${line} ${compared(now, before)}`.trimEnd();
  });
}

/** `was 1.550, 0.45 x, gain`. A stored zero has no ratio. */
function compared({ value, unit }: Measurement, before: Measurement): string {
  const was = `was ${before.value.toPrecision(4).padStart(10)}`;
  if (before.value <= 0 || value <= 0) return was;
  const ratio = value / before.value;
  const worse = MORE_IS_BETTER.has(unit) ? 1 / ratio : ratio;
  const verdict = worse > NOISE ? ', LOSS' : worse < 1 / NOISE ? ', gain' : '';
  return `${was}, ${ratio.toFixed(2)} x${verdict}`;
}
