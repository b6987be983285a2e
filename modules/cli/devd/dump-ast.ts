import { describeRemark, dumpStatements, readConfig } from '../../devd/index.js';
import { UsageError } from '../failure.js';

/**
 * `carpet devd --dump-ast FILE`: prints the statements of one file as FreeBSD's parser passes them on, as JSON; also those
 * before an error.
 *
 * @throws UsageError for that error, after printing
 */
export function dumpAst(path: string): void {
  const { statements, error } = readConfig(path);
  process.stdout.write(`${JSON.stringify(dumpStatements(statements), null, 1)}\n`);
  if (error !== undefined) throw new UsageError(describeRemark(path, error));
}
