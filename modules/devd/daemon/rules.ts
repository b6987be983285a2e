/** Loads a configuration into an engine and logs what is wrong with it. */
import type { Log } from '../../../core/index.js';
import { describeRemark } from '../language/index.js';
import type { QuotingStyle } from '../quoting/index.js';
import { type Condition, type MediaProbe, Ruleset } from '../rules/index.js';
import { DevdConfigError, loadConfig } from './config.js';
import { Engine } from './firing.js';

/** An engine, and the options that the rules do not need. */
export interface LoadedRules {
  readonly engine: Engine;
  readonly pidFile: string | undefined;
}

/** Loads the rules of a file and its directories. @throws DevdConfigError for the main file; with `strict` for any file */
export function loadRules(
  path: string,
  style: QuotingStyle,
  media: MediaProbe,
  strict: boolean,
  log: Log,
): LoadedRules {
  const { files, problems } = loadConfig(path);
  if (strict && problems.length > 0) throw new DevdConfigError(problems[0]!);
  for (const problem of problems) log.error(`left out: ${problem}`);
  const ruleset = new Ruleset(files);
  for (const warning of refusedExpressions(ruleset)) log.warning(warning);
  return { engine: new Engine(ruleset, style, media), pidFile: ruleset.pidFile };
}

/** The only warnings that are logged, since these rules cannot work; `--check` prints the others. One for each expression. */
function refusedExpressions({ rules }: Ruleset): Iterable<string> {
  const warnings = new Map<Condition, string>();
  for (const { file, conditions, places } of Object.values(rules).flat()) {
    for (const [i, condition] of conditions.entries()) {
      const { refused, negated, written } = condition;
      if (refused === undefined || warnings.has(condition)) continue;
      const message = `the expression "${written}" cannot be compiled, so it ${negated ? 'holds for every value' : 'never matches'}: ${refused.code}: ${refused.message}`;
      warnings.set(condition, describeRemark(file, { ...places[i]!, message }));
    }
  }
  return warnings.values();
}

/** The `pid-file` option of a configuration. @throws DevdConfigError for the main file */
export function pidFileOf(path: string): string | undefined {
  return new Ruleset(loadConfig(path).files).pidFile;
}
