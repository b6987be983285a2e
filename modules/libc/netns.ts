import { closeSync, openSync } from 'node:fs';
import { CarpetError } from '../../core/index.js';
import { CLONE_NEWNET } from './constants.js';
import type { Libc } from './libc.js';

/**
 * A network namespace (network_namespaces(7)) in which to open sockets and read sysctls. A socket stays in the namespace
 * in which it was opened, so the thread visits it only for that.
 */
export interface Netns extends Disposable {
  /** Runs `inside` in the namespace. Calls may be nested. */
  run<T>(inside: () => T): T;
}

/**
 * Opens a namespace.
 * @param name one of `ip netns list`, or a path such as /proc/123/ns/net; undefined is the process's own
 * @throws CarpetError with the errno's name
 */
export function openNetns(libc: Libc, name: string | undefined): Netns {
  if (name === undefined) return { run: (inside) => inside(), [Symbol.dispose]: () => {} };
  const path = name.includes('/') ? name : `/var/run/netns/${name}`;
  return new OtherNetns(libc, open(path, name), open('/proc/thread-self/ns/net', 'its own'));
}

function open(path: string, name: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
    throw new CarpetError(code, `cannot open network namespace ${name}: ${code}; see: ip netns list`, {
      cause,
    });
  }
}

class OtherNetns implements Netns {
  #depth = 0;

  constructor(
    private readonly libc: Libc,
    private readonly there: number,
    private readonly home: number,
  ) {}

  run<T>(inside: () => T): T {
    if (this.#depth === 0) this.libc.setns(this.there, CLONE_NEWNET);
    this.#depth++;
    try {
      return inside();
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.libc.setns(this.home, CLONE_NEWNET);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.there);
    closeSync(this.home);
  }
}
