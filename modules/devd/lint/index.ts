/**
 * The checker: warns of what FreeBSD's parser accepts silently and the author cannot have meant.
 *
 * @module
 */
import type { ParsedFile } from '../language/index.js';
import { Ruleset } from '../rules/index.js';
import { checkActions } from './actions.js';
import { checkReach } from './reach.js';
import { checkStatements } from './statements.js';
import type { Warning } from './warning.js';

export type { Warning } from './warning.js';

/** All warnings, in the order of the files and their lines. Errors are in the parsed files. */
export function checkConfig(files: readonly ParsedFile[]): Warning[] {
  const ruleset = new Ruleset(files);
  const { attach, detach, nomatch, notify } = ruleset.rules;
  const oddities = files.flatMap(({ file, oddities: odd }) => odd.map((remark) => ({ file, ...remark })));
  const warnings: Warning[] = [
    ...oddities,
    ...checkStatements(files),
    ...checkActions([...attach, ...detach, ...nomatch, ...notify]),
    ...checkReach(ruleset),
  ];
  const order = new Map(files.map(({ file }, place) => [file, place]));
  return warnings.toSorted(
    (a, b) => order.get(a.file)! - order.get(b.file)! || a.line - b.line || a.column - b.column,
  );
}
