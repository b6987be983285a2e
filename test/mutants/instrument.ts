import type { Node, SourceFile } from 'typescript/unstable/ast';
import type { Mutation } from './mutation.js';

/** A mutation with its number. */
export interface Numbered extends Mutation {
  readonly id: number;
}

/** A program that a test starts has no switch of its own, but the number in its environment. */
const HEADER = `const $$ = globalThis[Symbol.for('carpet.mutants')] ?? ((id) => String(id) === process.env.CARPET_MUTANT);\n`;

/**
 * The file with all its mutations in it, each behind a switch: `$$(id)` is true for the one that is being tried. So a
 * process loads the file once and tries one mutation after another. What takes a node's place is the code as it was
 * written; only the node itself holds the switches of what is in it.
 */
export function instrument(file: SourceFile, mutations: readonly Numbered[]): string {
  const places = new Map<Node, Numbered[]>();
  const moved = new Map<Node, Numbered>();
  for (const mutation of mutations) {
    places.set(mutation.node, [...(places.get(mutation.node) ?? []), mutation]);
    if (mutation.second !== undefined) moved.set(mutation.second, mutation);
  }

  function render(node: Node, from = node.getStart(file)): string {
    const children: Node[] = [];
    node.forEachChild((child) => void children.push(child));
    let at = from;
    let code = '';
    for (const child of children.toSorted((a, b) => a.pos - b.pos)) {
      const start = child.getStart(file);
      if (start < at) continue;
      code += file.text.slice(at, start) + render(child);
      at = child.end;
    }
    return switched(node, code + file.text.slice(at, node.end));
  }

  function switched(node: Node, code: string): string {
    const here = places.get(node) ?? [];
    const others = here.filter(({ kind }) => kind === 'expression');
    if (others.length > 0) {
      const choices = others.map(({ id, after }) => `$$(${id}) ? (${after}) : `).join('');
      return `(${choices}(${code}))`;
    }
    const lost = here.find(({ kind }) => kind === 'statement');
    const statement = lost === undefined ? code : `{ if (!$$(${lost.id})) ${code} }`;
    const earlier = here.find(({ kind }) => kind === 'order');
    const later = moved.get(node);
    const second = later === undefined ? statement : `{ if (!$$(${later.id})) ${statement} }`;
    return earlier === undefined
      ? second
      : `{ if ($$(${earlier.id})) ${earlier.second!.getText()} } ${second}`;
  }

  return HEADER + render(file, 0);
}
