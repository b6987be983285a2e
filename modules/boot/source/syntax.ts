/**
 * @module
 * The YAML library's complaints in our words: what is wrong and what to do. Its own texts may quote what stands in the
 * file, and a password might be among that.
 */
import type { ErrorCode } from 'yaml';

const TEXTS: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'expected the name of an anchor behind * and &',
  BAD_COLLECTION_TYPE: 'the tag does not fit what it stands before: leave the tag out',
  BAD_DIRECTIVE: 'unknown directive: leave the line that begins with % out',
  BAD_DQ_ESCAPE:
    'unknown escape in a text in double quotes: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT:
    'wrong indentation: the members of a mapping or list begin in the same column, and an opened [ or { is closed',
  BAD_SCALAR_START: 'a text that begins with this character must be quoted',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping inside a mapping begins on a line of its own; quote a text that has ": " in it',
  BLOCK_IN_FLOW: 'inside [ ] and { } only values in one line and other [ ] and { } are possible',
  DUPLICATE_KEY: 'this key stands in the mapping already: take one of the two out',
  KEY_OVER_1024_CHARS: 'a key may have 1,024 characters',
  MISSING_CHAR: 'a quote, bracket, comma or ": " is missing before this place',
  MULTILINE_IMPLICIT_KEY: 'expected "key: value"; a key must stand in one line',
  MULTIPLE_DOCS: 'one file holds one document: take the line --- out, and what follows it into another file',
  TAB_AS_INDENT: 'a tab indents here: YAML wants blanks',
  TAG_RESOLVE_FAILED: 'tags like !name are not used here: leave it out',
  UNEXPECTED_TOKEN: 'this does not belong here: look at the indentation and at quotes of the lines above',
};

export function syntaxText(code: ErrorCode): string {
  return TEXTS[code] ?? `not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})`;
}
