import { environmentName } from '../quoting/index.js';

/** Bounds in UTF-16 units: execve(2) takes 128 KiB for one string, and less for all when the stack is small. */
const LONGEST_VALUE = 8192;
const LONGEST_TOTAL = 32_768;

/**
 * The environment of a record's actions: `base`, and each variable of the record under its `environmentName`.
 *
 * The prefix keeps a stranger's variable from being PATH or LD_PRELOAD. Values that are too long are cut; when all
 * together are too long, the last are left out.
 */
export function actionEnvironment(
  variables: ReadonlyMap<string, string>,
  base: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !name.startsWith('DEVD_')) environment[name] = value;
  }
  let room = LONGEST_TOTAL;
  for (const [name, written] of ordered(variables)) {
    const key = environmentName(name);
    const value = written.slice(0, LONGEST_VALUE).replaceAll('\0', '');
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
