import type { Namespace } from '../lab/support/index.js';

/** The shared address. */
export const ADDRESS = '10.88.0.100';
/** Where the servers take writes. */
export const PORT = 4001;

/** A host that may have the shared address. */
export interface Host {
  readonly name: string;
  readonly namespace: Namespace;
  /** Of the process that decides; undefined when there is none. */
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** Sends a signal that ends it, and waits for that. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGSTOP. */
  stop(): void;
  /** SIGCONT. */
  resume(): void;
}
