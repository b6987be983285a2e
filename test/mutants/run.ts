import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Copy } from './copy.js';
import { Explanations } from './explained.js';
import { findMutations } from './find.js';
import { instrument, type Numbered } from './instrument.js';
import { type Court, Judge, measureBaseline, type Verdict } from './judge.js';
import { type Likeness, type Mutant, signature } from './mutation.js';
import { sample } from './sample.js';
import { type CompiledFile, readCompiled, shown } from './sources.js';
import type { Suite } from './suites.js';
import { within } from './within.js';

/** Runs of random tests while a mutant is active: a fault of a line shows in the first of them. */
const RANDOM_RUNS = '100';

/** How a run is made. */
export interface Settings {
  readonly root: string;
  readonly seed: number;
  /** Mutants of each folder; all if there are not so many. */
  readonly sample: number;
  /** The second of three is `[2, 3]`: a run in parts. */
  readonly part?: readonly [part: number, of: number] | undefined;
  /** No others than these, which survived another run. */
  readonly again?: ReadonlySet<string> | undefined;
  /** Processes at a time. */
  readonly jobs: number;
  /** What a test is given beyond ten times what it takes. */
  readonly slackMs: number;
  readonly progress: (text: string) => void;
  /** Ends the run early: its result is that of the mutants tried so far. */
  readonly signal?: AbortSignal | undefined;
}

/** A mutant that no test has noticed. */
export interface Survivor extends Mutant {
  readonly verdict: 'survived' | 'uncovered';
  readonly because: string | undefined;
}

/** What a folder's tests are worth. */
export interface FolderResult {
  readonly folder: string;
  readonly mutants: number;
  readonly killed: number;
  readonly timeouts: number;
  readonly survivors: readonly Survivor[];
  /** Tests that fail in here without a mutant. */
  readonly failing: readonly string[];
  /** Explanations that are no longer needed. */
  readonly stale: readonly string[];
  readonly seconds: number;
}

/** Mutates a folder, and has its tests judge each mutant. */
export async function runSuite({ folder, tests }: Suite, settings: Settings): Promise<FolderResult> {
  const start = performance.now();
  using copy = new Copy(settings.root);
  const files = readCompiled(copy, folder);
  const all = number(files);
  const wanted = wantedOf(all, settings);
  const chosen = sample(wanted, settings.sample, settings.seed);
  for (const { path, tree } of files)
    copy.write(
      path,
      instrument(
        tree,
        chosen.flatMap(({ of, switched }) => (of === path ? [switched] : [])),
      ),
    );
  const court: Court = {
    program: copy.path('test/mutants/worker.js'),
    assignment: { files: testFiles(copy, tests), mutants: all.length, seed: settings.seed },
    slackMs: settings.slackMs,
    env: { ...process.env, CARPET_FUZZ_RUNS: RANDOM_RUNS },
  };
  const baseline = await measureBaseline(court);
  const total = baseline.probes.reduce((sum, { ms }) => sum + ms, 0);
  settings.progress(
    `${folder}: ${chosen.length} mutants, ${baseline.probes.length} tests in ${(total / 1000).toFixed(1)} s`,
  );
  const verdicts = await judgeAll(court, baseline, chosen, settings);
  const result = summarize(all, verdicts, new Explanations(settings.root));
  return { folder, ...result, failing: baseline.failing, seconds: (performance.now() - start) / 1000 };
}

function wantedOf(all: readonly Placed[], { again, part: [part, of] = [1, 1] }: Settings): readonly Placed[] {
  const wanted = again === undefined ? all : all.filter((mutant) => again.has(signature(mutant)));
  const size = Math.ceil(wanted.length / of);
  return wanted.slice((part - 1) * size, part * size);
}

/** A mutant with what makes it. */
interface Placed extends Mutant {
  /** The compiled file. */
  readonly of: string;
  readonly switched: Numbered;
}

function number(files: readonly CompiledFile[]): Placed[] {
  const numbers = new Map<string, number>();
  /** Faults that look the same have numbers. */
  const told = (mutant: Likeness): string => {
    const same = signature(mutant);
    const count = (numbers.get(same) ?? 0) + 1;
    numbers.set(same, count);
    return count === 1 ? mutant.within : `${mutant.within} (${count})`;
  };
  return files
    .flatMap((file) => findMutations(file.tree).map((mutation) => ({ file, mutation })))
    .map(({ file, mutation }, id) => {
      const likeness: Likeness = {
        file: file.path.replace(/\.js$/, '.ts'),
        within: within(mutation.node),
        before: shown(`${mutation.node.getText()} ${mutation.second?.getText() ?? ''}`),
        after: shown(mutation.after),
      };
      return {
        ...likeness,
        id,
        switched: { ...mutation, id },
        fault: mutation.fault,
        of: file.path,
        line: file.lineOf(mutation.node),
        within: told(likeness),
      };
    });
}

function testFiles(copy: Copy, tests: readonly string[]): string[] {
  const all = readdirSync(join(copy.original, 'test'), { recursive: true, encoding: 'utf8' });
  const wanted = (file: string): boolean =>
    tests.some((each) => file === each || file.startsWith(`${each}/`));
  return all
    .filter((file) => file.endsWith('.test.ts') && wanted(file))
    .map((file) => copy.path(join('test', file.replace(/\.ts$/, '.js'))))
    .toSorted();
}

/** Neighbours go to one judge, so that one test after another kills many of them. */
async function judgeAll(
  court: Court,
  baseline: Awaited<ReturnType<typeof measureBaseline>>,
  mutants: readonly Placed[],
  { jobs, progress, signal }: Settings,
): Promise<ReadonlyMap<number, Verdict>> {
  const verdicts = new Map<number, Verdict>();
  const queue = mutants.map(({ id }) => id);
  const size = Math.max(1, Math.min(50, Math.ceil(queue.length / jobs)));
  const lane = async (): Promise<void> => {
    await using judge = new Judge(court, baseline);
    for (let batch = queue.splice(0, size); batch.length > 0; batch = queue.splice(0, size)) {
      if (signal?.aborted === true) return;
      await judge.judge(batch, (mutant, verdict) => verdicts.set(mutant, verdict), signal);
      const alive = [...verdicts.values()].filter((each) => each === 'survived' || each === 'uncovered');
      progress(`  ${verdicts.size} of ${mutants.length} tried, ${alive.length} survive`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  return verdicts;
}

function summarize(
  all: readonly Placed[],
  verdicts: ReadonlyMap<number, Verdict>,
  explanations: Explanations,
): Omit<FolderResult, 'folder' | 'failing' | 'seconds'> {
  const survivors = all.flatMap((mutant): Survivor[] => {
    const verdict = verdicts.get(mutant.id);
    if (verdict !== 'survived' && verdict !== 'uncovered') return [];
    const { of: _, switched: __, ...seen } = mutant;
    return [{ ...seen, verdict, because: explanations.reason(mutant) }];
  });
  const count = (wanted: Verdict): number => [...verdicts.values()].filter((each) => each === wanted).length;
  const noticed = new Set(
    all.filter(({ id }) => ['killed', 'timeout'].includes(verdicts.get(id) ?? '')).map(({ id }) => id),
  );
  return {
    mutants: verdicts.size,
    killed: count('killed') + count('timeout'),
    timeouts: count('timeout'),
    survivors,
    stale: explanations.stale(all, noticed).map(signature),
  };
}
