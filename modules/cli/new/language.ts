/** What a module can be written in: TypeScript that Node runs as it is (22.18 and later), or JavaScript. */
export type Language = (typeof LANGUAGES)[number];

export const LANGUAGES = ['ts', 'js'] as const;

/** TypeScript where this Node strips types without an option. */
export function defaultLanguage(): Language {
  return (process.features as { readonly typescript?: string | false }).typescript ? 'ts' : 'js';
}
