import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CarpetError } from '../../../../core/index.js';
import { PidFile } from '../../../../modules/cli/daemon/pid-file.js';
import { UsageError } from '../../../../modules/cli/failure.js';
import { needs } from '../../../support/needs.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-pid-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

describe('a pid file', { skip: needs('native') }, () => {
  it('is held by one process at a time, and gone at the end', () => {
    const path = file('devd.pid');
    writeFileSync(path, 'left over from a crash');
    {
      using held = PidFile.take(path);
      assert.ok(held);
      assert.equal(readFileSync(path, 'utf8'), String(process.pid));
      assert.throws(
        () => PidFile.take(path),
        (error) =>
          error instanceof UsageError && error.message === `devd already running, pid: ${process.pid}`,
      );
    }
    assert.equal(existsSync(path), false);
  });

  const refused = (path: string, why: string): void =>
    assert.throws(
      () => PidFile.take(path),
      (error) =>
        error instanceof CarpetError &&
        error.code === 'EPIDFILE' &&
        error.message === `cannot open the pid file ${path}: ${why}`,
    );

  it('is not opened through a symbolic link', () => {
    writeFileSync(file('precious'), 'precious');
    symlinkSync('precious', file('link'));
    refused(file('link'), 'it is a symbolic link: remove it');
    symlinkSync('nothing', file('dangling'));
    refused(file('dangling'), 'it is a symbolic link: remove it');
    assert.equal(readFileSync(file('precious'), 'utf8'), 'precious');
    assert.equal(existsSync(file('nothing')), false);
  });

  it('is a file, and nothing waits for what is none', () => {
    assert.equal(spawnSync('mkfifo', [file('pipe')]).status, 0);
    refused(file('pipe'), 'it is no regular file: remove it');
    refused(folder, 'it is a folder: choose another path');
  });

  it('says what to do where its path cannot be', () => {
    refused(file('none/devd.pid'), 'its folder does not exist: make it, or choose another path');
    refused(file('precious/devd.pid'), 'its folder is a file: choose another path');
    refused(file('n'.repeat(300)), 'ENAMETOOLONG');
  });
});
