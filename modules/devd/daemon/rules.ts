/** Loads a configuration into an engine and logs what is wrong with it. */
import type { Log } from '../../../core/index.js';
import type { QuotingStyle } from '../quoting/index.js';
import { type MediaProbe, Ruleset } from '../rules/index.js';
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
  // Only warnings about rules that cannot work; `--check` prints the others.
  const ruleset = new Ruleset(files);
  for (const { refused, written } of ruleset.conditions) {
    if (refused !== undefined)
      log.warning(`the expression "${written}" never matches: ${refused.code}: ${refused.message}`);
  }
  return { engine: new Engine(ruleset, style, media), pidFile: ruleset.pidFile };
}

/** The `pid-file` option of a configuration. @throws DevdConfigError for the main file */
export function pidFileOf(path: string): string | undefined {
  return new Ruleset(loadConfig(path).files).pidFile;
}
