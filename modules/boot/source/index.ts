import { dirname, resolve } from 'node:path';
import type { Clock } from '../../../core/index.js';
import { formatPath, type Problem } from '../problem.js';
import type { SourceText } from './files.js';
import { merge } from './merge.js';
import type { Placed, PlacedEntry, PlacedMap } from './placed.js';
import { parseYaml } from './yaml.js';

export { readRegularFile } from '../../host/index.js';
export { readSources, type SourceFiles, type SourceText } from './files.js';
export {
  follow,
  isNull,
  type Placed,
  type PlacedList,
  type PlacedMap,
  type PlacedScalar,
  plain,
  shown,
} from './placed.js';

export interface ParsedSources {
  /** All files in one; undefined when a file has a mistake of syntax. */
  readonly root: PlacedMap | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Parses the files and puts each over those before it.
 *
 * @param clock of the kernel that runs on meanwhile, if one does
 */
export async function parseSources(texts: readonly SourceText[], clock?: Clock): Promise<ParsedSources> {
  const problems: Problem[] = [];
  const roots: PlacedMap[] = [];
  for (const { file, text } of texts) {
    const parsed = await parseYaml(file, text, clock);
    problems.push(...parsed.problems);
    if (parsed.root?.kind === 'map') roots.push(withAbsolutePaths(parsed.root, problems));
    else if (parsed.root !== undefined && !(parsed.root.kind === 'scalar' && parsed.root.value === null))
      problems.push({
        place: parsed.root.place,
        path: '',
        message: 'expected a mapping: name, log, sysctl, modules',
      });
  }
  if (problems.length > 0) return { root: undefined, problems };
  const place = { file: texts[0]?.file ?? '', line: 1, column: 1 };
  const empty: Placed = { kind: 'map', place, entries: new Map() };
  const root = roots.reduce<Placed>((all, next) => merge(all, next, problems), empty);
  return { root: root as PlacedMap, problems };
}

/** A module's path counts from the folder of the file that names it. */
function withAbsolutePaths(root: PlacedMap, problems: Problem[]): PlacedMap {
  const modules = root.entries.get('modules');
  if (modules?.value.kind !== 'map') return root;
  const entries = new Map<string, PlacedEntry>();
  for (const [key, entry] of modules.value.entries) {
    const path = /^\.{1,2}\//.test(key) ? resolve(dirname(entry.key.file), key) : key;
    if (entries.has(path)) {
      const message = `is the same file as in line ${entries.get(path)!.key.line}: take one of the two out`;
      problems.push({ place: entry.key, path: formatPath(['modules', key]), message });
    }
    entries.set(path, entry);
  }
  const value = { ...modules.value, entries };
  return { ...root, entries: new Map([...root.entries, ['modules', { ...modules, value }]]) };
}
