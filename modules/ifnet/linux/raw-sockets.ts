import { createRequire } from 'node:module';
import type { Log } from '../../../core/index.js';
import type { Libc } from '../../libc/index.js';
import { IfnetError } from '../index.js';
import { LibcSocket } from './libc-socket.js';
import { PackagedSocket, type RawSocketPackage } from './packaged-socket.js';
import type { RawSocket, RawSocketOptions } from './raw-socket.js';

/**
 * What opens raw IP sockets: the package raw-socket, which is compiled when it is installed, or the C library. `auto` is
 * the package if it was built. The sockets do the same.
 */
export const RAW_SOCKET_KINDS = ['auto', 'raw-socket', 'libc'] as const;
export type RawSocketKind = (typeof RAW_SOCKET_KINDS)[number];

/** Opens raw sockets of the chosen kind, and logs the kind at the first one. */
export class RawSockets {
  #loaded: RawSocketPackage | undefined;
  #told: string | undefined;

  /** @param kind read at each opening */
  constructor(
    private readonly libc: Libc,
    private readonly kind: { readonly value: RawSocketKind },
    private readonly log: Log,
  ) {}

  /** @throws SystemError (EPERM without CAP_NET_RAW); IfnetError ENOPKG if raw-socket is chosen and not installed */
  open(options: RawSocketOptions): RawSocket {
    const rawSocket = this.kind.value === 'libc' ? undefined : this.#load();
    const socket =
      rawSocket === undefined
        ? new LibcSocket(this.libc, options)
        : new PackagedSocket(this.libc, rawSocket, options);
    this.#tell(rawSocket === undefined ? 'the C library' : 'the package raw-socket');
    return socket;
  }

  #load(): RawSocketPackage | undefined {
    try {
      this.#loaded ??= createRequire(import.meta.url)('raw-socket') as RawSocketPackage;
      return this.#loaded;
    } catch (cause) {
      if (this.kind.value === 'auto') return undefined;
      const remedy =
        'install python3, make and g++ and run npm install raw-socket, or set net.link.linux.sockets=libc';
      throw new IfnetError('ENOPKG', '', `the package raw-socket is not installed: ${remedy}`, { cause });
    }
  }

  #tell(maker: string): void {
    if (this.#told === maker) return;
    this.#told = maker;
    this.log.info(`raw IP sockets are opened by ${maker}`);
  }
}
