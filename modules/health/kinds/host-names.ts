import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** getaddrinfo(3) holds a thread of libuv's pool, which has four, and files and programs need some. */
const MAX_LOOKUPS = 2;

type Answer = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** Asks the system for the addresses of a host, as dns.lookup does with `all`. */
export type Resolver = (host: string, options: LookupAllOptions, answer: Answer) => void;

/**
 * Resolves the host names of checks. A name server that does not answer holds each lookup for many seconds, while the
 * checks go on: they share the lookup of a name, and few names are looked up at a time.
 */
export class HostNames {
  readonly #resolve: Resolver;
  /** Who waits for each name. */
  readonly #waiting = new Map<string, Answer[]>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(resolve: Resolver = lookup) {
    this.#resolve = resolve;
  }

  /** The option `lookup` of a connection. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    const wanted: LookupAllOptions = { ...options, all: true };
    this.#ask(host, wanted, (error, addresses) => {
      const [first] = addresses;
      if (error !== null) callback(error, '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family);
    });
  };

  #ask(host: string, options: LookupAllOptions, answer: Answer): void {
    const key = JSON.stringify([host, options.family, options.hints]);
    const others = this.#waiting.get(key);
    if (others !== undefined) return void others.push(answer);
    this.#waiting.set(key, [answer]);
    this.#queue.push(() =>
      this.#resolve(host, options, (error, addresses) => {
        const answers = this.#waiting.get(key)!;
        this.#waiting.delete(key);
        this.#running--;
        this.#next();
        for (const each of answers) each(error, error === null ? addresses : []);
      }),
    );
    this.#next();
  }

  #next(): void {
    if (this.#running >= MAX_LOOKUPS) return;
    const begin = this.#queue.shift();
    if (begin === undefined) return;
    this.#running++;
    begin();
  }
}
