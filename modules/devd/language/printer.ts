/**
 * Prints statements: as text that parses to the same statements, and as the JSON of `--dump-ast`.
 *
 * @module
 */
import type { EventStatement, Statement, SubStatement } from './ast.js';
import { printString } from './string.js';

/** Statements as text that parses to the same statements. */
export function printConfig(statements: readonly Statement[]): string {
  return statements.map((statement) => `${printStatement(statement)}\n`).join('\n');
}

function printStatement(statement: Statement): string {
  if (statement.kind !== 'option') return printEvent(statement);
  const { option, name, value } = statement;
  const line = option === 'set' ? `set ${name} ${printString(value)}` : `${option} ${printString(name)}`;
  return `options {\n\t${line};\n};`;
}

function printEvent({ kind, priority, subs }: EventStatement): string {
  // A negative priority can only be written as the large number that wraps around to it.
  const lines = subs.map((sub) => `\t${printSub(sub)};\n`);
  return `${kind} ${priority >>> 0} {\n${lines.join('')}};`;
}

function printSub({ kind, first, second }: SubStatement): string {
  return kind === 'match'
    ? `match ${printString(first)} ${printString(second)}`
    : `${kind} ${printString(first)}`;
}

/** A statement in the JSON form of `--dump-ast`: the calls that FreeBSD's parser makes. */
export type DumpedStatement =
  | { option: string; a: string; b: string }
  | { stmt: string; priority: number; subs: [string, string, string][] };

/** Statements in the form of `--dump-ast`. */
export function dumpStatements(statements: readonly Statement[]): DumpedStatement[] {
  return statements.map((statement) =>
    statement.kind === 'option'
      ? { option: statement.option, a: statement.name, b: statement.value }
      : {
          stmt: statement.kind,
          priority: statement.priority,
          subs: statement.subs.map(dumpSub),
        },
  );
}

/** FreeBSD's parser knows `device-name "x"`, `class "x"` and `subdevice "x"` only as a `match` of that variable. */
function dumpSub({ kind, first, second }: SubStatement): [string, string, string] {
  const isMatch = kind === 'device-name' || kind === 'class' || kind === 'subdevice';
  return isMatch ? ['match', kind, first] : [kind, first, second];
}
