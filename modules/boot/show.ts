import { stringify } from 'yaml';
import type { Configuration } from './configuration.js';
import { looksSecret } from './secrets/index.js';
import { type Placed, plain } from './source/index.js';

/** A configuration as one YAML text: its files put together, without what looks like a secret. */
export function showConfiguration({ written }: Configuration): string {
  return written.entries.size === 0 ? '' : stringify(plain(redacted(written)), { lineWidth: 0 });
}

function redacted(node: Placed): Placed {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') return { ...node, items: node.items.map(redacted) };
  const entries = [...node.entries].map(([key, entry]) => {
    const value: Placed = looksSecret(key)
      ? { kind: 'scalar', place: entry.value.place, value: '(not shown)', source: '' }
      : redacted(entry.value);
    return [key, { ...entry, value }] as const;
  });
  return { ...node, entries: new Map(entries) };
}
