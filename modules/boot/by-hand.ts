import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { CarpetError, describe, type Isolate, type Json, type Kernel } from '../../core/index.js';

/** A module that no file names, as it was loaded: by `carpet kldload`. */
export const loadedByHand = v.object({
  name: v.string(),
  source: v.string(),
  settings: v.optional(v.custom<Json>((given) => given !== undefined)),
  as: v.optional(v.string()),
  isolate: v.optional(v.custom<Json>((given) => given !== undefined)),
});
export type LoadedByHand = v.InferOutput<typeof loadedByHand>;

/**
 * For a successor: the modules that were loaded by name, and that the settings do not name. What cannot be written down
 * is left out: settings of a program with more than plain data in them.
 */
export function captureByHand({ succession }: Kernel, named: ReadonlySet<string>): Json[] {
  const loads = succession.loads().filter(({ name }) => !named.has(name));
  return loads.flatMap((load) => {
    const given = Object.fromEntries(Object.entries(load).filter(([, value]) => value !== undefined));
    const written = throughJson(given);
    return written !== undefined && isDeepStrictEqual(written, given) ? [written] : [];
  });
}

/** @returns undefined for what contains itself */
function throughJson(value: unknown): Json | undefined {
  try {
    return JSON.parse(JSON.stringify(value)) as Json;
  } catch {
    return undefined;
  }
}

/** Loads what a predecessor had loaded by hand, where it is not there already. @throws CarpetError EHANDOVER */
export async function loadByHand(kernel: Kernel, inherited: readonly LoadedByHand[]): Promise<void> {
  for (const { name, source, settings, as, isolate } of inherited) {
    if (kernel.modules().some((each) => each.name === name)) continue;
    try {
      await provideSpace(kernel, isolate);
      await kernel.load(source, settings, { as, isolate: isolate as Isolate | undefined });
    } catch (error) {
      const remedy = `unload it first (carpet kldunload ${name}), or mend it`;
      throw new CarpetError(
        'EHANDOVER',
        `${name}, which was loaded by hand, cannot be loaded here, so ${remedy}: ${describe(error)}`,
        { cause: error },
      );
    }
  }
}

/** What gives it an address space was perhaps loaded for a module that the file names no more. */
async function provideSpace(kernel: Kernel, isolate: unknown): Promise<void> {
  const kind = typeof isolate === 'string' ? isolate : (isolate as { readonly in: string } | undefined)?.in;
  if (kind !== undefined && !kernel.isolations.has(kind)) await kernel.load(kind);
}
