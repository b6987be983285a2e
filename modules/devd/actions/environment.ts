import { environmentName } from '../quoting/index.js';

// In UTF-16 units. execve(2) takes 128 KiB for one string, and less for all of them when the stack is small.
const MAX_VALUE_LENGTH = 8192;
const MAX_TOTAL_LENGTH = 32_768;

/**
 * The environment of a record's actions: `base`, and each variable of the record under its `environmentName`.
 *
 * The prefix keeps a record's variable from being PATH or LD_PRELOAD. A value that is too long is cut; when all together
 * are too long, the last are left out.
 */
export function actionEnvironment(
  variables: ReadonlyMap<string, string>,
  base: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !name.startsWith('DEVD_')) environment[name] = value;
  }
  let room = MAX_TOTAL_LENGTH;
  for (const [name, written] of ordered(variables)) {
    const key = environmentName(name);
    const value = written.slice(0, MAX_VALUE_LENGTH).replaceAll('\0', '');
    if (key === undefined || Object.hasOwn(environment, key)) continue;
    room -= key.length + value.length + 2;
    if (room < 0) break;
    environment[key] = value;
  }
  return environment;
}

/** The whole record first: it is the last to be left out. */
function* ordered(variables: ReadonlyMap<string, string>): Iterable<[string, string]> {
  yield ['*', variables.get('*') ?? ''];
  yield* variables;
}
