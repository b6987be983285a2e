import type { Stretch } from './watch.js';

const COLUMNS = 100;
/** Seconds between two marks on the axis, of which the smallest that leaves room is taken. */
const MARKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const MARK_COLUMNS = 8;
const LETTERS: Readonly<Record<string, string>> = { INIT: '.', BACKUP: '-', MASTER: 'M' };

/**
 * Who was what when, one row for each vhid of each host: `M` MASTER, `-` BACKUP, `.` INIT, `*` several of these within a
 * column, a blank before its first event.
 *
 * @param end in ms
 */
export function picture(stretches: ReadonlyMap<string, readonly Stretch[]>, end: number): string {
  const step = end / COLUMNS;
  const names = [...stretches.keys()].toSorted();
  const width = Math.max(4, ...names.map((name) => name.length));
  const rows = names.map((name) => `${name.padEnd(width)} ${row(stretches.get(name)!, step)}`);
  return [`${'s'.padStart(width)} ${axis(end)}`, ...rows].join('\n');
}

function axis(end: number): string {
  const perColumn = end / 1000 / COLUMNS;
  const mark = MARKS.find((each) => each / perColumn >= MARK_COLUMNS) ?? MARKS.at(-1)!;
  let text = '';
  for (let at = 0; at * 1000 < end; at += mark) text = `${text.padEnd(Math.round(at / perColumn))}|${at}`;
  return text;
}

function row(stretches: readonly Stretch[], step: number): string {
  let [text, next, last] = ['', 0, ' '];
  for (let column = 0; column < COLUMNS; column++) {
    const seen = new Set<string>();
    for (; next < stretches.length && stretches[next]!.at < (column + 1) * step; next++)
      seen.add((last = LETTERS[stretches[next]!.state] ?? '?'));
    text += seen.size > 1 ? '*' : last;
  }
  return text;
}
