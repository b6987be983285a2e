import { dirname, join, resolve } from 'node:path';
import { readRegularFile } from '../source/index.js';

/** Room for a token; a password of CARP has 20 bytes. */
const MAX_SECRET_BYTES = 4096;
/** Whoever checks the settings need not be allowed to read the secrets. */
const DENIED = 'permission denied';
const READABLE_BY_OTHERS = 0o004;

/** A secret, or why there is none in words that continue the name of its setting. */
export type SecretReading =
  | { readonly value: string | Uint8Array; readonly warning?: string }
  | { readonly problem: string /** It may be there when the kernel is started. */; readonly later?: boolean };

/** Where secrets are read from: files, and what systemd hands over in $CREDENTIALS_DIRECTORY. */
export class SecretStore {
  readonly #credentials: string | undefined;
  readonly #offline: boolean;
  /** Of this check: many vhids share a file. */
  readonly #read = new Map<string, SecretReading>();

  /**
   * @param credentials the folder of systemd's credentials; undefined where there is none
   * @param offline nothing is started now: what this process may not read, the one that starts may
   */
  constructor(credentials: string | undefined, offline = false) {
    this.#credentials = credentials === '' ? undefined : credentials;
    this.#offline = offline;
  }

  /** @param from the settings file that names it: a relative path counts from its folder */
  readFile(path: string, from: string): SecretReading {
    return this.#once(resolve(dirname(from), path), true);
  }

  readCredential(name: string): SecretReading {
    if (name === '' || name === '.' || name === '..' || name.includes('/'))
      return { problem: 'is not the name of a credential: one without /' };
    if (this.#credentials === undefined) {
      const remedy = `start carpet by systemd with LoadCredential=${name}:FILE in the unit`;
      return { problem: `needs $CREDENTIALS_DIRECTORY, which is not set: ${remedy}`, later: this.#offline };
    }
    return this.#once(join(this.#credentials, name), false);
  }

  #once(path: string, warn: boolean): SecretReading {
    const known = this.#read.get(path) ?? this.#open(path, warn);
    this.#read.set(path, known);
    return known;
  }

  /** The first line, byte for byte; only a carriage return at its end is left out, as a file from Windows has it. */
  #open(path: string, warn: boolean): SecretReading {
    const file = readRegularFile(path, MAX_SECRET_BYTES);
    if (typeof file === 'string')
      return { problem: `${path} ${file}`, later: this.#offline && file.endsWith(DENIED) };
    const end = file.bytes.indexOf(10);
    const line = end < 0 ? file.bytes : file.bytes.subarray(0, end);
    const value = asText(line.at(-1) === 13 ? line.subarray(0, -1) : line);
    if (value.length === 0) return { problem: `${path} is empty: the secret is its first line` };
    if (!warn || !(file.mode & READABLE_BY_OTHERS)) return { value };
    return { value, warning: `${path} can be read by every user of this host: chmod o-r ${path}` };
  }
}

/** A text, as most schemas want it; bytes where they are none. */
function asText(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.slice();
  }
}
