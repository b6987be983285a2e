/** Configuration files that are none: nothing waits for them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRegularFile } from '../../../modules/host/index.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-file-'));
after(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

describe('readRegularFile', () => {
  it('gives the bytes, the mode and the owner', () => {
    writeFileSync(path('file'), 'text', { mode: 0o640 });
    const file = readRegularFile(path('file'), 4);
    assert.ok(typeof file !== 'string');
    assert.equal(new TextDecoder().decode(file.bytes), 'text');
    assert.deepEqual([file.mode, file.uid], [0o640, process.getuid!()]);
    const proc = readRegularFile('/proc/self/status', 100_000);
    assert.ok(typeof proc !== 'string' && proc.bytes.length > 0, 'its size is said to be 0');
  });

  it('says in words that continue the name why there is none', async () => {
    assert.equal(spawnSync('mkfifo', [path('pipe')]).status, 0);
    mkdirSync(path('folder'));
    symlinkSync('circle', path('circle'));
    writeFileSync(path('huge'), '');
    truncateSync(path('huge'), 2 ** 40);
    const server = createServer().listen(path('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const refusals = Object.fromEntries(
      ['pipe', 'folder', 'circle', 'huge', 'socket', 'nothing'].map((name) => [
        name,
        readRegularFile(path(name), 100),
      ]),
    );
    server.close();
    assert.deepEqual(refusals, {
      pipe: 'is a pipe, not a file',
      folder: 'is a folder, not a file',
      circle: 'cannot be read: its symbolic links go round in a circle',
      huge: 'has more than 100 bytes',
      socket: 'cannot be read: it is a socket or a device',
      nothing: 'cannot be read: there is no such file',
    });
    assert.equal(readRegularFile('/dev/zero', 100), 'is a device, not a file');
  });
});
