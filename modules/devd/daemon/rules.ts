/** A configuration, from its file to an engine, with everything worth telling in the log. */
import type { Log } from '../../../core/index.js';
import type { QuotingStyle } from '../quoting/index.js';
import { type MediaProbe, Ruleset } from '../rules/index.js';
import { DevdConfigError, loadConfig } from './config.js';
import { Engine } from './firing.js';

export interface LoadedRules {
  readonly engine: Engine;
  readonly pidFile: string | undefined;
}

/** @throws DevdConfigError for the main file; with `strict` for any file */
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
  // Only what keeps a rule from doing what it says; the rest is for `--check`, which takes its time.
  const ruleset = new Ruleset(files);
  for (const { refused, written } of ruleset.conditions) {
    if (refused !== undefined)
      log.warning(`the expression "${written}" never matches: ${refused.code}: ${refused.message}`);
  }
  return { engine: new Engine(ruleset, style, media), pidFile: ruleset.pidFile };
}

/** The pid file that a configuration names, if any. @throws DevdConfigError as for its rules */
export function pidFileOf(path: string): string | undefined {
  return new Ruleset(loadConfig(path).files).pidFile;
}
