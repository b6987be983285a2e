import type { StandardSchemaV1 } from '@standard-schema/spec';
import { formatPath, type PathKey, type Problem } from '../problem.js';
import { isSecret, remedy } from '../secrets/index.js';
import { follow, type Placed, shown } from '../source/index.js';
import { NO_MAPPING } from './unknown-keys.js';

/** What valibot adds to an issue of Standard Schema. */
interface DetailedIssue extends StandardSchemaV1.Issue {
  readonly received?: string;
  readonly issues?: readonly DetailedIssue[];
}

/**
 * What a schema refuses, with the places in the file.
 *
 * @param root what was checked
 * @param base the path that led to it
 * @param secrets which of the settings are secrets
 */
export function problemsOf(
  issues: readonly StandardSchemaV1.Issue[],
  root: Placed,
  base: readonly PathKey[],
  secrets: readonly string[] = [],
): Problem[] {
  const problems = issues.flatMap(flatten).map((issue) => {
    const path = keysOf(issue);
    const list = path.findIndex((key, at) => isListInMappingsPlace(root, path.slice(0, at), key));
    if (list !== -1) return noMapping(root, base, path.slice(0, list));
    const { node, key, place } = follow(root, path);
    const setting = formatPath([...base, ...path]);
    if (node !== undefined && isAboutKey(issue)) return { place: key, path: setting, message: tidied(issue) };
    const message = node === undefined ? missing(issue, path, secrets) : withFound(tidied(issue), node);
    return { place, path: setting, message };
  });
  return problems.filter(
    ({ message, path }, at) =>
      message !== NO_MAPPING || problems.findIndex((other) => other.path === path) === at,
  );
}

/** A schema that takes a list for a mapping finds mistakes below its numbers. */
function isListInMappingsPlace(root: Placed, path: readonly PathKey[], key: PathKey): boolean {
  return typeof key === 'string' && follow(root, path).node?.kind === 'list';
}

function noMapping(root: Placed, base: readonly PathKey[], path: readonly PathKey[]): Problem {
  const { place } = follow(root, path).node!;
  return { place, path: formatPath([...base, ...path]), message: NO_MAPPING };
}

/** Of a mapping whose keys have a form, one that has not. */
function isAboutKey({ path = [] }: StandardSchemaV1.Issue): boolean {
  const last = path.at(-1);
  return typeof last === 'object' && 'origin' in last && last.origin === 'key';
}

/** A secret is given in another way than its name says. */
function missing(issue: DetailedIssue, path: readonly PathKey[], secrets: readonly string[]): string {
  if (isSecret(secrets, path)) return `is missing: ${remedy(String(path.at(-1)))}`;
  return issue.received === 'undefined' ? 'is missing' : issue.message;
}

/** Of a union that fits nowhere, what the alternative lacks that came furthest. */
function flatten(issue: DetailedIssue): DetailedIssue[] {
  const path = issue.path ?? [];
  const inner = (issue.issues ?? []).flatMap(flatten);
  const depth = Math.max(0, ...inner.map((each) => each.path?.length ?? 0));
  if (depth === 0) return [issue];
  return inner
    .filter((each) => each.path?.length === depth)
    .map((each) => ({ ...each, path: [...path, ...each.path!] }));
}

function keysOf({ path = [] }: StandardSchemaV1.Issue): PathKey[] {
  return path.map((part) => {
    const key = typeof part === 'object' ? part.key : part;
    return typeof key === 'number' ? key : String(key);
  });
}

/** Valibot's own texts: `Invalid type: Expected number but received "x"`. */
function tidied({ message }: DetailedIssue): string {
  const [, expected] = /^Invalid [\w ]+: Expected (.+) but received .*$/s.exec(message) ?? [];
  if (expected === 'never') return 'unknown key';
  return expected === undefined ? message : `expected ${expected}`;
}

/** Adds what stands there, if the message does not say it; of a secret neither may. */
function withFound(message: string, node: Placed): string {
  if (node.kind !== 'scalar') return message;
  const repeats = says(message, String(node.value));
  if (node.secret) return repeats ? 'the secret does not fit' : message;
  return repeats ? message : `${message} (found ${shown(node)})`;
}

/** A number of a range is not what stood there, and neither is the beginning of another word. */
function says(message: string, value: string): boolean {
  const at = message.indexOf(value);
  if (at === -1 || /^\d*$/.test(value)) return false;
  return !/\w/.test(message[at + value.length] ?? '');
}
