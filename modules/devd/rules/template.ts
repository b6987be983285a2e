/**
 * Templates: `$` in action and match strings, parsed when a file is loaded and filled in for each record.
 *
 * @module
 */

/** Text, or a variable. */
export type TemplatePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'variable'; readonly name: string };

// `-` belongs to a name (`$sub-x` is the variable "sub-x"), and `*` may begin one.
const NAME = /[A-Za-z_*-][A-Za-z0-9_-]*/y;

/**
 * Parses a string by devd's rules: `$$` is a dollar sign, `$(…)` up to its balancing parenthesis stays as it
 * is, `$name` is a variable, and any other dollar sign stands for itself. A backslash has no meaning.
 */
export function parseTemplate(source: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let text = '';
  for (let at = 0; at < source.length; ) {
    const dollar = source.indexOf('$', at);
    text += source.slice(at, dollar < 0 ? undefined : dollar);
    if (dollar < 0) break;
    const name = variableName(source, dollar + 1);
    if (name !== undefined) {
      if (text !== '') parts.push({ type: 'text', text });
      parts.push({ type: 'variable', name });
      text = '';
      at = dollar + 1 + name.length;
    } else {
      at = endOfVerbatim(source, dollar);
      text += source.startsWith('$$', dollar) ? '$' : source.slice(dollar, at);
    }
  }
  if (text !== '') parts.push({ type: 'text', text });
  return parts;
}

/** The template with `value(name)` in the place of each variable; values are not scanned again. */
export function fillTemplate(parts: readonly TemplatePart[], value: (name: string) => string): string {
  return parts.map((part) => (part.type === 'text' ? part.text : value(part.name))).join('');
}

function variableName(source: string, at: number): string | undefined {
  NAME.lastIndex = at;
  return NAME.exec(source)?.[0];
}

function endOfVerbatim(source: string, dollar: number): number {
  if (source[dollar + 1] !== '(') return Math.min(dollar + 2, source.length);
  let depth = 1;
  let at = dollar + 2;
  for (; at < source.length && depth > 0; at++) {
    if (source[at] === '(') depth++;
    else if (source[at] === ')') depth--;
  }
  return at;
}
