import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** getaddrinfo(3) holds a thread of libuv's pool, which has four, and files and programs need some. */
const MAX_LOOKUPS = 2;

type Answer = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** Asks the system for the addresses of a host, as dns.lookup does with `all`. */
export type Resolver = (host: string, options: LookupAllOptions, answer: Answer) => void;

/** A lookup that runs, or waits for others to end, and who waits for it. */
interface Pending {
  readonly host: string;
  readonly options: LookupAllOptions;
  readonly answers: Answer[];
  begun: boolean;
}

/** What a lookup has found. */
interface Known {
  readonly host: string;
  readonly addresses: LookupAddress[];
}

/**
 * Resolves the host names of checks. A name server that does not answer holds each lookup for many seconds, while the
 * checks go on: they share the lookup of a name, and few names are looked up at a time. Whose name has to wait for that of
 * another goes by what was found last: a check must not fail because of a host that is none of its business.
 */
export class HostNames {
  readonly #resolve: Resolver;
  readonly #pending = new Map<string, Pending>();
  /** What was found last. */
  readonly #known = new Map<string, Known>();
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

  /** Forgets what was found for other hosts than these: no check names them any more. */
  keepOnly(hosts: ReadonlySet<string>): void {
    for (const [key, { host }] of this.#known) if (!hosts.has(host)) this.#known.delete(key);
  }

  #ask(host: string, options: LookupAllOptions, answer: Answer): void {
    const key = JSON.stringify([host, options.family, options.hints]);
    const pending = this.#pending.get(key) ?? { host, options, answers: [], begun: false };
    this.#pending.set(key, pending);
    pending.answers.push(answer);
    this.#next();
    const known = this.#known.get(key);
    if (pending.begun || known === undefined) return;
    pending.answers.pop();
    queueMicrotask(() => answer(null, known.addresses));
  }

  #next(): void {
    for (const [key, pending] of this.#pending) {
      if (this.#running >= MAX_LOOKUPS) return;
      if (!pending.begun) this.#begin(key, pending);
    }
  }

  #begin(key: string, pending: Pending): void {
    pending.begun = true;
    this.#running++;
    this.#resolve(pending.host, pending.options, (error, addresses) => {
      this.#running--;
      this.#pending.delete(key);
      if (error === null) this.#known.set(key, { host: pending.host, addresses });
      else this.#known.delete(key);
      this.#next();
      for (const each of pending.answers) each(error, error === null ? addresses : []);
    });
  }
}
