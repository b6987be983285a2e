import type { Node } from 'typescript/unstable/ast';
import {
  isClassDeclaration,
  isConstructorDeclaration,
  isFunctionDeclaration,
  isGetAccessorDeclaration,
  isMethodDeclaration,
  isPropertyDeclaration,
  isSetAccessorDeclaration,
  isSourceFile,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';

/** The declaration that a node stands in, as `Epochs.close` or `describe`; empty outside of every one. */
export function within(node: Node): string {
  const names: string[] = [];
  for (let at = node.parent; !isSourceFile(at); at = at.parent) {
    const name = nameOf(at);
    if (name !== undefined) names.unshift(name);
  }
  return names.slice(0, 2).join('.');
}

function nameOf(node: Node): string | undefined {
  if (isConstructorDeclaration(node)) return 'constructor';
  const isNamed =
    isClassDeclaration(node) ||
    isFunctionDeclaration(node) ||
    isMethodDeclaration(node) ||
    isGetAccessorDeclaration(node) ||
    isSetAccessorDeclaration(node) ||
    isPropertyDeclaration(node) ||
    isVariableDeclaration(node);
  return isNamed ? node.name?.getText() : undefined;
}
