import { suggestion } from './nearest.js';

/**
 * Why nothing is found by a name that is neither a short one nor a path, in words that continue the name.
 *
 * @param names the short ones
 */
export function unknownModule(key: string, names: readonly string[]): string {
  if (key.includes('/'))
    return `the package ${key} is not installed: npm install it beside the settings file`;
  const hint = suggestion(key, names);
  if (hint !== '') return `unknown module${hint}`;
  return `unknown module: expected one of ${names.join(', ')}, a package that is installed, or a path that begins with ./ or /`;
}
