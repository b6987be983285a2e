/**
 * The faults that are tried on each kind of code. None is subsumed by others of the same place: `a && b` loses a clause
 * at a time, so that `a || b` need not be tried too, and a condition that is always true or always false makes its
 * negation superfluous.
 *
 * @module
 */
import {
  type AwaitExpression,
  type BinaryExpression,
  type CallExpression,
  type Expression,
  type Node,
  type NumericLiteral,
  SyntaxKind,
} from 'typescript/unstable/ast';
import {
  isArrowFunction,
  isAwaitExpression,
  isBigIntLiteral,
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isDoStatement,
  isForStatement,
  isFunctionDeclaration,
  isFunctionExpression,
  isIdentifier,
  isIfStatement,
  isMethodDeclaration,
  isNumericLiteral,
  isParenthesizedExpression,
  isPostfixUnaryExpression,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isReturnStatement,
  isSourceFile,
  isStringLiteral,
  isTemplateExpression,
  isTryStatement,
  isWhileStatement,
} from 'typescript/unstable/ast/is';

/** A fault of an expression: what it is called, and the code that takes the expression's place. */
export type Fault = readonly [fault: string, after: string];

/** Of these the bounds are tried; of the others a neighbour would be the same for every purpose. */
const MAX_COUNT = 256;

const BOUNDS = new Map([
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
]);
const NEGATED = new Map([
  ['<', '>='],
  ['<=', '>'],
  ['>', '<='],
  ['>=', '<'],
  ['===', '!=='],
  ['!==', '==='],
]);
const OPERATORS = new Map([
  ['-', '+'],
  ['*', '/'],
  ['/', '*'],
  ['%', '*'],
  ['&', '|'],
  ['|', '&'],
  ['^', '&'],
  ['<<', '>>'],
  ['>>', '<<'],
  ['>>>', '<<'],
  ['+=', '-='],
  ['-=', '+='],
  ['*=', '/='],
  ['|=', '&='],
  ['&=', '|='],
  ['??=', '='],
  ['||=', '='],
  ['&&=', '='],
]);
/** Calls without which their object is of the same type. */
const STEPS = new Set(['filter', 'slice', 'toReversed', 'toSorted', 'trim', 'subarray', 'concat']);
const TWINS = new Map([
  ['min', 'max'],
  ['max', 'min'],
  ['every', 'some'],
  ['some', 'every'],
]);
const TWINS_OF_ROUNDING = new Map([
  ['floor', 'ceil'],
  ['ceil', 'floor'],
]);

/** The faults of an expression. */
export function faultsOf(node: Node): Fault[] {
  if (isCondition(node)) return [...conditionFaults(node), ...ownFaults(node)];
  return isResult(node) ? [...resultFaults(node), ...ownFaults(node)] : ownFaults(node);
}

function ownFaults(node: Node): Fault[] {
  if (isBinaryExpression(node)) return binaryFaults(node);
  if (isNumericLiteral(node)) return numberFaults(node);
  if (isBigIntLiteral(node)) return [['constant', `${text(node)} + 1n`]];
  if (node.kind === SyntaxKind.TrueKeyword) return [['constant', 'false']];
  if (node.kind === SyntaxKind.FalseKeyword) return [['constant', 'true']];
  if (isPrefixUnaryExpression(node) || isPostfixUnaryExpression(node)) return unaryFaults(node);
  if (isAwaitExpression(node)) return isForNothing(node) ? [] : [['lost await', text(node.expression)]];
  if (isCallExpression(node)) return callFaults(node);
  return [];
}

/** An async function waits for what it returns: an `await` before it makes a difference within a `try` alone. */
function isForNothing(node: AwaitExpression): boolean {
  let at: Node = node.parent;
  while (isParenthesizedExpression(at)) at = at.parent;
  if (isArrowFunction(at)) return true;
  if (!isReturnStatement(at)) return false;
  while (!isFunctionLike(at)) {
    if (isTryStatement(at)) return false;
    at = at.parent;
  }
  return true;
}

function isFunctionLike(node: Node): boolean {
  return (
    isArrowFunction(node) ||
    isFunctionDeclaration(node) ||
    isFunctionExpression(node) ||
    isMethodDeclaration(node) ||
    isSourceFile(node)
  );
}

/** Whether a branch is taken by it. */
function isCondition(node: Node): boolean {
  const { parent } = node;
  if (isIfStatement(parent) || isWhileStatement(parent) || isDoStatement(parent))
    return parent.expression === node;
  return (isConditionalExpression(parent) || isForStatement(parent)) && parent.condition === node;
}

/** A loop that never ends says nothing. */
function conditionFaults(node: Node): Fault[] {
  const isBranch = isIfStatement(node.parent) || isConditionalExpression(node.parent);
  const never: Fault = ['condition', 'false'];
  return isBranch ? [['condition', 'true'], never] : [never];
}

/** Whether a function returns it. */
function isResult(node: Node): boolean {
  return isReturnStatement(node.parent) || (isArrowFunction(node.parent) && node.parent.body === node);
}

function resultFaults(node: Node): Fault[] {
  if (isStringLiteral(node) || isTemplateExpression(node)) return [['result', "''"]];
  const hasFaults =
    isBinaryExpression(node) || isPrefixUnaryExpression(node) || isConditionalExpression(node);
  const isNone = isIdentifier(node) && node.text === 'undefined';
  const isLiteral =
    isNumericLiteral(node) ||
    isBigIntLiteral(node) ||
    [SyntaxKind.TrueKeyword, SyntaxKind.FalseKeyword, SyntaxKind.NullKeyword, SyntaxKind.Block].includes(
      node.kind,
    );
  return hasFaults || isNone || isLiteral ? [] : [['result', 'undefined']];
}

function binaryFaults(node: BinaryExpression): Fault[] {
  const operator = text(node.operatorToken);
  const [left, right] = [text(node.left), text(node.right)];
  if (operator === '&&' || operator === '||')
    return [
      ['lost clause', left],
      ['lost clause', right],
    ];
  if (operator === '??') return [['lost default', left]];
  if (operator === '+' && isText(node.left, node.right)) return [];
  const others: Fault[] = [];
  const bound = BOUNDS.get(operator);
  if (bound !== undefined) others.push(['bound', `${left} ${bound} ${right}`]);
  const negated = NEGATED.get(operator);
  if (negated !== undefined && !isCondition(node)) others.push(['negated', `${left} ${negated} ${right}`]);
  const other = operator === '+' ? '-' : OPERATORS.get(operator);
  if (other !== undefined) others.push(['operator', `${left} ${other} ${right}`]);
  return others;
}

function isText(...operands: readonly Expression[]): boolean {
  return operands.some(
    (each) =>
      isStringLiteral(each) ||
      isTemplateExpression(each) ||
      (isBinaryExpression(each) && isText(each.left, each.right)),
  );
}

function numberFaults(node: NumericLiteral): Fault[] {
  const value = Number(node.text);
  if (value === 0) return [['constant', '1']];
  const near = Number.isInteger(value) && value <= MAX_COUNT;
  const [less, more] = near ? [value - 1, value + 1] : [value / 2, value * 2];
  return [
    ['constant', String(more)],
    ['constant', String(less)],
  ];
}

function unaryFaults(node: { operator: SyntaxKind; operand: Node } & Node): Fault[] {
  const operand = text(node.operand);
  const all = text(node);
  if (node.operator === SyntaxKind.ExclamationToken) return isCondition(node) ? [] : [['negated', operand]];
  if (node.operator === SyntaxKind.MinusToken || node.operator === SyntaxKind.TildeToken)
    return [['operator', operand]];
  if (all.includes('++')) return [['operator', all.replace('++', '--')]];
  return all.includes('--') ? [['operator', all.replace('--', '++')]] : [];
}

function callFaults(node: CallExpression): Fault[] {
  const callee = node.expression;
  if (!isPropertyAccessExpression(callee)) return [];
  const [object, name] = [text(callee.expression), text(callee.name)];
  const rest = text(node).slice(callee.end - node.getStart());
  if (STEPS.has(name) && object !== 'super') return [['lost step', object]];
  const twin = TWINS.get(name) ?? (object === 'Math' ? TWINS_OF_ROUNDING.get(name) : undefined);
  return twin === undefined ? [] : [['operator', `${object}.${twin}${rest}`]];
}

function text(node: Node): string {
  return node.getText();
}
