import type { FolderResult } from './run.js';

/** Each survivor without an explanation: where it is and what it does; then what is wrong with the run itself. */
export function survivorLines({ folder, survivors, failing, stale }: FolderResult): string[] {
  const open = survivors.filter(({ because }) => because === undefined);
  return [
    ...open.map(
      ({ file, line, within, fault, before, after, verdict }) =>
        `${file}:${line} ${within}: ${fault}${verdict === 'uncovered' ? ', no test comes here' : ''}\n  ${before}\n  ${after === '' ? '(nothing)' : after}`,
    ),
    ...failing.map((test) => `${folder}: left out, fails without a mutant: ${test}`),
    ...stale.map((mutant) => `explained.json: no longer a survivor: ${mutant}`),
  ];
}

/** The mutants noticed in hundred, without those that are explained: nothing can notice these. */
export function percentage({ mutants, killed, survivors }: FolderResult): number {
  const explained = survivors.filter(({ because }) => because !== undefined).length;
  return mutants === explained ? 100 : (100 * killed) / (mutants - explained);
}

/** A table, a line for each folder. */
export function summary(results: readonly FolderResult[]): string {
  const rows = results.map((result) => {
    const { folder, mutants, killed, timeouts, survivors, seconds } = result;
    const explained = survivors.filter(({ because }) => because !== undefined).length;
    const open = survivors.length - explained;
    return [
      folder,
      mutants,
      killed,
      timeouts,
      explained,
      open,
      `${percentage(result).toFixed(1)} %`,
      seconds.toFixed(0),
    ];
  });
  const head = ['folder', 'mutants', 'killed', 'of them hung', 'explained', 'survive', 'killed', 'seconds'];
  return [head, ['---', ...head.slice(1).map(() => '--:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
