import { createRequire } from 'node:module';
import type { Log } from '../../../core/index.js';
import type { Libc } from '../../libc/index.js';
import { IfnetError } from '../index.js';
import { LibcSocket } from './libc-socket.js';
import { PackagedSocket, type RawSocketPackage } from './packaged-socket.js';
import type { RawSocket, RawSocketOptions } from './raw-socket.js';

/**
 * How raw IP sockets are opened: by the package raw-socket, which needs a compiler when it is installed, or by the C
 * library. `auto` is the package where it was built. What can be done with them is the same.
 */
export const RAW_SOCKET_KINDS = ['auto', 'raw-socket', 'libc'] as const;
export type RawSocketKind = (typeof RAW_SOCKET_KINDS)[number];

/** Opens raw sockets in the kind asked for, and says in the log which that is. */
export class RawSockets {
  #loaded: RawSocketPackage | undefined;
  #told: string | undefined;

  /** @param kind read at each opening */
  constructor(
    private readonly libc: Libc,
    private readonly kind: { readonly value: RawSocketKind },
    private readonly log: Log,
  ) {}

  /** @throws SystemError (EPERM without CAP_NET_RAW), IfnetError ENOPKG where raw-socket is asked for and not there */
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
        'install python3, make and g++, then run: npm install raw-socket; or choose sockets libc';
      throw new IfnetError('ENOPKG', '', `the package raw-socket is not here; ${remedy}`, { cause });
    }
  }

  #tell(maker: string): void {
    if (this.#told === maker) return;
    this.#told = maker;
    this.log.info(`raw IP sockets are opened by ${maker}`);
  }
}
