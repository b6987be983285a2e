import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Valibot's own texts, as `Invalid type: Expected number but received "x"`: what is invalid, what was expected and found. */
const OWN_TEXT = /^Invalid ([\w ]+): (?:Expected (.+) but received|Received) (.+)$/s;

const NOUNS: Readonly<Record<string, string>> = {
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'a mapping',
};

/** `delta: expected a number, not "abc"`: what a schema refuses, for whoever has typed it. */
export function issueText({ path = [], message }: StandardSchemaV1.Issue): string {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return [keys.join('.'), plainly(message)].filter((text) => text !== '').join(': ');
}

/** A message of a schema in plain words; a text that is not valibot's own is left as it is. */
export function plainly(message: string): string {
  const [, what, expected = '', found] = OWN_TEXT.exec(message) ?? [];
  if (what === undefined) return message;
  if (what === 'key') return expected === 'never' ? 'is not known here' : 'is missing';
  if (what === 'length' && expected === '!0') return 'must not be empty';
  const wanted = what === 'integer' ? 'a whole number' : bound(expected);
  return `expected ${what === 'length' ? 'a length of ' : ''}${wanted}, not ${found}`;
}

function bound(expected: string): string {
  const [, relation, limit] = /^([<>]=)(.+)$/.exec(expected) ?? [];
  if (relation !== undefined) return `${limit} or ${relation === '>=' ? 'more' : 'less'}`;
  const alternatives = expected.replace(/^\((.+)\)$/s, '$1').split(' | ');
  return alternatives.map((each) => NOUNS[each] ?? each).join(' or ');
}
