import type { JsonSchema } from '../json-schema/index.js';

/** Inputs given as texts, by name: from a query, or from a command line. */
export type Texts = Readonly<Record<string, string | readonly string[]>>;

/**
 * Turns texts into the values that the schema asks for, as far as it says. What is none of that stays as it is: the
 * schema itself will say what is wrong with it.
 */
export function coerce(texts: Texts, schema: JsonSchema | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, coerceMember(text, schema?.properties?.[name])]),
  );
}

function coerceMember(given: string | readonly string[], schema: JsonSchema | undefined): unknown {
  if (allows(schema, 'array')) {
    const list = typeof given === 'string' ? [given] : given;
    return list.map((text) => coerceText(text, schema?.items));
  }
  return typeof given === 'string' ? coerceText(given, schema) : given;
}

function coerceText(text: string, schema: JsonSchema | undefined): unknown {
  if (allows(schema, 'object')) return parsed(text) ?? text;
  if (allows(schema, 'string')) return text;
  if ((allows(schema, 'number') || allows(schema, 'integer')) && /^[-+]?\d+(\.\d+)?$/.test(text))
    return Number(text);
  if (allows(schema, 'boolean')) {
    if (['true', 'on', 'yes', '1', ''].includes(text)) return true;
    if (['false', 'off', 'no', '0'].includes(text)) return false;
  }
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function allows(schema: JsonSchema | undefined, type: string): boolean {
  if (schema === undefined) return false;
  if (schema.type === type || (Array.isArray(schema.type) && schema.type.includes(type))) return true;
  return schema.anyOf?.some((each) => allows(each, type)) ?? false;
}
