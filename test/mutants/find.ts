import { type Node, type SourceFile, type Statement, SyntaxKind } from 'typescript/unstable/ast';
import {
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isDeleteExpression,
  isExpressionStatement,
  isMethodDeclaration,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isReturnStatement,
  isSourceFile,
  isStringLiteral,
} from 'typescript/unstable/ast/is';
import { faultsOf } from './faults.js';
import type { Mutation } from './mutation.js';

/** What the compiler adds: helpers, decorators, the stack of a `using`. */
const GENERATED = /^(__\w+|env_\d+)\b|\b__(decorate|param|metadata|disposeResources|addDisposableResource)\(/;
/** What is said for people, word for word, is no business of the tests. */
const SAID = /\blog\.(debug|info|notice|warning|error)$/;
const JUMPS = new Set([SyntaxKind.BreakStatement, SyntaxKind.ContinueStatement, SyntaxKind.ThrowStatement]);
const NO_CODE = new Set([SyntaxKind.ImportDeclaration, SyntaxKind.ExportDeclaration]);

/** The mutations of a compiled file, in the order of their places. */
export function findMutations(file: SourceFile): Mutation[] {
  const found: Mutation[] = [];
  const walk = (node: Node): void => {
    if (NO_CODE.has(node.kind) || isGenerated(node) || isSaid(node) || isPrefetch(node)) return;
    const seen = new Set([node.getText()]);
    for (const [fault, after] of isWhole(node) ? faultsOf(node) : []) {
      if (!seen.has(after)) found.push({ node, kind: 'expression', fault, after });
      seen.add(after);
    }
    found.push(...statementMutations(node));
    node.forEachChild(walk);
  };
  file.forEachChild(walk);
  return found;
}

function isGenerated(node: Node): boolean {
  const isOutermost = isSourceFile(node.parent) || isExpressionStatement(node) || isBlock(node.parent);
  if (!isOutermost) return false;
  const code = node.getText();
  return node.kind === SyntaxKind.VariableStatement
    ? /^(var|const) (__\w+|env_\d+)\b/.test(code)
    : isExpressionStatement(node) && GENERATED.test(code);
}

function isSaid(node: Node): boolean {
  return isExpressionStatement(node) && isCallExpression(node.expression)
    ? SAID.test(node.expression.expression.getText())
    : false;
}

/** What is read ahead changes nothing: a fault in it costs time alone, which no test sees. */
function isPrefetch(node: Node): boolean {
  return isMethodDeclaration(node) && /^#?prefetch$/.test(node.name.getText());
}

/** Whether other code can take its place: a part of a `?.` chain, a name or a target of an assignment has none. */
function isWhole(node: Node): boolean {
  const { parent } = node;
  if (isPropertyAssignment(parent) && parent.name === node) return false;
  if (isBinaryExpression(parent) && parent.left === node && parent.operatorToken.getText().endsWith('='))
    return /^[=!<>]=/.test(parent.operatorToken.getText());
  if (isDeleteExpression(parent)) return false;
  const continues = isPropertyAccessExpression(parent) && parent.expression === node;
  return !(continues && node.getText().includes('?.'));
}

function statementMutations(node: Node): Mutation[] {
  const lost = faultOfLosing(node);
  const mutations: Mutation[] =
    lost === undefined ? [] : [{ node, kind: 'statement', fault: lost, after: '' }];
  const second = swappable(node);
  if (second !== undefined) {
    const after = `${second.getText()} ${node.getText()}`;
    mutations.push({ node, kind: 'order', fault: 'order', after, second });
  }
  return mutations;
}

function faultOfLosing(node: Node): string | undefined {
  if (JUMPS.has(node.kind)) return 'lost jump';
  if (isReturnStatement(node)) return node.expression === undefined ? 'lost jump' : undefined;
  if (!isExpressionStatement(node)) return undefined;
  const { expression } = node;
  const isSuper = isCallExpression(expression) && expression.expression.kind === SyntaxKind.SuperKeyword;
  return isSuper || isStringLiteral(expression) ? undefined : 'lost statement';
}

/** The statement after this one, if both call something. */
function swappable(node: Node): Statement | undefined {
  if (!isBlock(node.parent) || !calls(node)) return undefined;
  const { statements } = node.parent;
  const next = statements[statements.indexOf(node as Statement) + 1];
  return next !== undefined && calls(next) && !isGenerated(next) && !isSaid(next) ? next : undefined;
}

function calls(node: Node): boolean {
  const code = node.getText();
  return isExpressionStatement(node) && code.includes('(') && !/^super\b/.test(code);
}
