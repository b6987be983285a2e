/** `upgrade.start`: a kernel that starts its successor itself. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Kernel } from '../../../../core/index.js';
import { offerRestart } from '../../../../modules/cli/up/restart.js';
import { HostModule } from '../../../../modules/host/index.js';
import { UpgradeModule } from '../../../../modules/upgrade/index.js';
import { waitFor } from '../../../lab/support/wait.js';
import { needs } from '../../../support/needs.js';

/** A successor that gets no further than to its own id, which it writes to a file. */
const SUCCESSOR = `require('node:fs').writeFileSync(process.argv[2], String(process.pid));
setInterval(() => undefined, 1000);`;

/** Has what this process starts as its successor be that program. @returns the file with its id */
function successor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-restart-'));
  const [script, file] = [join(folder, 'successor.cjs'), join(folder, 'pid')];
  writeFileSync(script, SUCCESSOR);
  const { argv } = process;
  process.argv = [argv[0]!, script, file];
  t.after(() => {
    process.argv = argv;
    rmSync(folder, { recursive: true });
  });
  return file;
}

/** Undefined until it is written. */
function idIn(file: string): number | undefined {
  return (existsSync(file) && Number(readFileSync(file, 'utf8'))) || undefined;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a kernel that is told to end while its successor starts ends that too', {
  skip: needs('native'),
}, async (t) => {
  const file = successor(t);
  await using kernel = new Kernel();
  await kernel.load(HostModule, { signals: false });
  await kernel.load(UpgradeModule);
  offerRestart(kernel);
  const { signal } = new AbortController();
  const starting = kernel.verbs.invoke('upgrade.start', undefined, { signal, caller: {} });
  const refused = assert.rejects(starting, {
    code: 'EHANDOVER',
    message: /^this kernel was told to end, and process \d+ with it$/,
  });
  const pid = await waitFor('the successor', 10_000, () => idIn(file));
  t.after(() => lives(pid) && process.kill(pid, 'SIGKILL'));
  await kernel.shutdown();
  await waitFor('its end', 3000, () => !lives(pid));
  await refused;
});
