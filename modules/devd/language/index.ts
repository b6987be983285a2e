export * from './ast.js';
export { parseConfig } from './parser.js';
export { type DumpedStatement, dumpStatements, printConfig } from './printer.js';
