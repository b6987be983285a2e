import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Where a devd may work until the test ends: a settings file without rules, and the path of its stream socket. */
export function devdPlace(t: TestContext): { readonly config: string; readonly stream: string } {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-devd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [config, stream] = [join(folder, 'devd.conf'), join(folder, 'devd.pipe')];
  writeFileSync(config, '');
  return { config, stream };
}
