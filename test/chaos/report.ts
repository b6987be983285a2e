import { type ChaosReport, type Injury, nameOf } from './run.js';

/** What was measured beside what is promised, a line for each kind of fault, and what the hosts used. */
export function table({ seconds, writes, injuries, usage }: ChaosReport): string {
  const kinds = new Map<string, Injury[]>();
  for (const injury of injuries) kinds.set(nameOf(injury), [...(kinds.get(nameOf(injury)) ?? []), injury]);
  const rows = [...kinds].map(([name, all]) => {
    const most = (of: (injury: Injury) => number): number => Math.round(Math.max(...all.map(of)));
    const { fault } = all[0]!;
    return [
      name,
      all.length,
      most(({ outageMs }) => outageMs),
      fault.outageMs,
      most(({ sharedMs }) => sharedMs),
      fault.sharedMs,
      most(({ settledMs }) => settledMs),
    ];
  });
  const head = [
    'fault',
    'times',
    'no answer, ms',
    'promised',
    'two holders, ms',
    'promised',
    'as before after, ms',
  ];
  const lines = [head, ['---', ...head.slice(1).map(() => '--:')], ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  return [
    ...lines,
    `${injuries.length} faults in ${Math.round(seconds)} s, ${writes} writes answered`,
    ...usage,
  ].join('\n');
}
