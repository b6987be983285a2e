import { CarpetError } from '../../../core/index.js';

const AF_UNIX = 1;
const LONGEST = 107; // sun_path has 108 bytes, of which a path needs one for its end

/**
 * Where a socket is: a path, or a name in the abstract namespace, written `@name` or with a NUL byte in front. An
 * abstract socket has no file, no mode and no owner, and is gone with its process.
 */
export class SocketAddress {
  /** Undefined for an abstract name. */
  readonly path: string | undefined;
  /** As struct sockaddr_un, no longer than it must be: an abstract name is all of its bytes. */
  readonly bytes: Buffer;
  readonly #text: string;

  /** @throws CarpetError EINVAL for one that is empty or too long */
  constructor(text: string) {
    const isAbstract = text.startsWith('@') || text.startsWith('\0');
    const name = Buffer.from(isAbstract ? `\0${text.slice(1)}` : `${text}\0`);
    this.#text = isAbstract ? `@${text.slice(1)}` : text;
    if (name.length < 2) throw new CarpetError('EINVAL', 'a socket must have a path, or an abstract @name');
    if (name.length > LONGEST + 1) {
      throw new CarpetError(
        'EINVAL',
        `${this.#text}: longer than the ${LONGEST} bytes that a socket's path can have`,
      );
    }
    if (!isAbstract && text.includes('\0'))
      throw new CarpetError('EINVAL', 'a path cannot have a NUL byte in it');
    this.path = isAbstract ? undefined : text;
    this.bytes = Buffer.alloc(2 + name.length);
    this.bytes.writeUInt16LE(AF_UNIX);
    name.copy(this.bytes, 2);
  }

  /** `/path`, or `@name`. */
  toString(): string {
    return this.#text;
  }
}
