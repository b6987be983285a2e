import * as v from 'valibot';
import type { Scope } from '../../core/index.js';
import type { Checked } from './check/check.js';
import type { HistoryRecord } from './history.js';
import type { Applied, ApplyOptions, Difference, Shown } from './outcome.js';
import { formatChanges } from './plan/change.js';
import { formatProblem, type Problem } from './problem.js';

/** The part of the module that verbs need. */
interface Settings {
  check(): Promise<Checked>;
  diff(): Promise<Difference>;
  apply(options: ApplyOptions): Promise<Applied>;
  confirm(): Promise<HistoryRecord>;
  undo(): Promise<Applied>;
  history(): HistoryRecord[];
  show(): Shown;
}

const timeout = v.pipe(
  v.number('must be a number of seconds'),
  v.minValue(1, 'must be at least 1 second'),
  v.maxValue(86_400, 'must be at most a day'),
  v.description('Seconds after which the change is taken back unless confirmed.'),
);

/**
 * Offers the settings file to the outside. Checking and comparing count as writing: the file's modules are imported for
 * it, and their code runs.
 */
export function registerVerbs(settings: Settings, scope: Scope): void {
  scope.verb({
    name: 'config.check',
    summary: 'check the settings file; nothing is changed',
    access: 'write',
    run: async () => {
      const { problems, warnings } = await settings.check();
      return { problems, warnings };
    },
    text: ({ problems, warnings }) => [...lines(problems), ...lines(warnings, 'warning: ')].join('\n'),
  });
  scope.verb({
    name: 'config.diff',
    summary: 'show what applying the settings file would change',
    access: 'write',
    run: () => settings.diff(),
    text: differenceText,
  });
  scope.verb({
    name: 'config.apply',
    summary: 'bring the kernel in line with the settings file, whole or not at all',
    access: 'write',
    input: v.strictObject({ timeout: v.exactOptional(timeout) }),
    run: ({ timeout: seconds }) => settings.apply(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    text: appliedText,
  });
  scope.verb({
    name: 'config.confirm',
    summary: 'keep what was applied with a timeout',
    access: 'write',
    run: () => settings.confirm(),
    text: ({ number }) => `settings ${number} confirmed`,
  });
  scope.verb({
    name: 'config.undo',
    summary: 'go back to the settings of before; the file is not touched',
    access: 'write',
    run: () => settings.undo(),
    text: appliedText,
  });
  scope.verb({
    name: 'config.show',
    summary: 'show the settings in force',
    access: 'read',
    run: () => settings.show(),
    text: ({ text }) => text.trimEnd(),
  });
  scope.verb({
    name: 'config.history',
    summary: 'list the settings that were in force',
    access: 'read',
    run: () => settings.history(),
    text: (records) => records.map(recordText).join('\n'),
  });
}

function lines(problems: readonly Problem[], before = ''): string[] {
  return problems.map((problem) => `${before}${formatProblem(problem)}`);
}

function differenceText({ changes, warnings }: Difference): string {
  return [...lines(warnings, 'warning: '), formatChanges(changes)].join('\n');
}

function appliedText(applied: Applied): string {
  const { record, confirmUntil } = applied;
  const until = confirmUntil === undefined ? [] : [`confirm until ${new Date(confirmUntil).toISOString()}`];
  return [differenceText(applied), `settings ${record.number} in force`, ...until].join('\n');
}

function recordText({ number, time, reason, changes }: HistoryRecord): string {
  const what = changes.map(({ action, subject }) => `${action} ${subject}`).join(', ');
  return `${number} ${new Date(time).toISOString()} ${reason}: ${what || 'nothing changed'}`;
}
