/** `carpet devd --dump-ast FILE`: the statements of one file as the genuine parser hands them on, as JSON. */
import { describeRemark, dumpStatements, readConfig } from '../../devd/index.js';
import { UsageError } from '../failure.js';

/** Prints what is complete even if an error ends the file. @throws UsageError for that error, after printing */
export function dumpAst(path: string): void {
  const { statements, error } = readConfig(path);
  process.stdout.write(`${JSON.stringify(dumpStatements(statements), null, 1)}\n`);
  if (error !== undefined) throw new UsageError(describeRemark(path, error));
}
