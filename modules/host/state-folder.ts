import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json, StateStore } from '../../core/index.js';
import { makeOwnFolder } from './own-folder.js';
import { fileErrorReason, readRegularFile } from './regular-file.js';

/** Room for a thousand vhids that were drained one by one, each for a reason of its own. */
const MAX_BYTES = 1024 * 1024;

/**
 * States as files of a folder, one each: `NAME.json`. They are written beside the event loop, because a disk may hang, and
 * whole or not at all, also by two processes at a time, as at an upgrade. A file that cannot be read counts as missing.
 */
export class StateFolder implements StateStore {
  readonly #folder: string;
  readonly #warn: (text: string) => void;
  /** What is to be written under each name; the newest counts. */
  readonly #wanted = new Map<string, string>();
  readonly #writing = new Map<string, Promise<boolean>>();
  /** Of its own files while they are written: another process may be writing the same state. */
  readonly #mark = `${process.pid}-${randomUUID().slice(0, 8)}`;
  #warned = false;

  /**
   * Makes the folder if it does not exist.
   *
   * @param warn receives a line when something cannot be kept
   * @throws CarpetError EPERM for a folder into which others could write; the error of mkdir(2)
   */
  constructor(folder: string, warn: (text: string) => void) {
    this.#folder = folder;
    this.#warn = warn;
    makeOwnFolder(folder, 'the state folder');
    sweep(folder);
  }

  read(name: string): Json | undefined {
    const read = readRegularFile(this.#path(name), MAX_BYTES);
    if (typeof read === 'string') return undefined;
    try {
      return JSON.parse(new TextDecoder().decode(read.bytes)) as Json;
    } catch {
      return undefined;
    }
  }

  write(name: string, state: Json): Promise<boolean> {
    this.#wanted.set(name, JSON.stringify(state));
    const writing = this.#writing.get(name) ?? this.#drain(name);
    this.#writing.set(name, writing);
    return writing;
  }

  /** Resolves when all is written: on a disk that hangs never. For a process that is about to end by itself. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  /** @returns whether the newest is kept */
  async #drain(name: string): Promise<boolean> {
    let kept = false;
    for (let text = this.#take(name); text !== undefined; text = this.#take(name)) {
      try {
        await replace(this.#path(name), this.#mark, text);
        this.#warned = false;
        kept = true;
      } catch (error) {
        if (!this.#warned)
          this.#warn(`the state ${this.#path(name)} cannot be kept: ${fileErrorReason(error)}`);
        this.#warned = true;
        kept = false;
      }
    }
    this.#writing.delete(name);
    return kept;
  }

  #take(name: string): string | undefined {
    const text = this.#wanted.get(name);
    this.#wanted.delete(name);
    return text;
  }

  #path(name: string): string {
    return join(this.#folder, `${name.replace(/[/%\0]/g, encodeURIComponent)}.json`);
  }
}

/** @throws Error for what would not be read again */
async function replace(path: string, mark: string, text: string): Promise<void> {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES)
    throw new Error(`${bytes} bytes are more than the ${MAX_BYTES} that would be read again`);
  const fresh = `${path}.${mark}.new`;
  try {
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    // On a full disk it would be one more file, each time.
    await unlink(fresh).catch(() => undefined);
    throw error;
  }
}

/** Removes what processes left that ended while they were writing. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /\.(\d+)-[0-9a-f]{8}\.new$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmQuietly(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** On a read-only disk it stays. */
function rmQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A leftover does no harm.
  }
}
