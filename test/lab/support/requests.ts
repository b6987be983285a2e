import { fileURLToPath } from 'node:url';
import type { Namespace } from './namespace.js';
import type { Program } from './program.js';
import { waitFor } from './wait.js';

const REQUESTER = fileURLToPath(new URL('requester.js', import.meta.url));

/** A client in a host of the laboratory that asks an address every 10 ms, with what its neighbour cache believes. */
export class Requests {
  readonly #program: Program;

  constructor(host: Namespace, address: string) {
    this.#program = host.node(REQUESTER, [address]);
  }

  /** Hosts answer as often as they are asked, not once a second. */
  static allowAnswers(host: Namespace): void {
    host.sysctl('net.ipv4.icmp_ratelimit', 0);
    host.sysctl('net.ipv6.icmp.ratelimit', 0);
  }

  async answered(deadlineMs: number): Promise<void> {
    const from = this.#answers.length;
    await waitFor('an answer', deadlineMs, () => this.#answers.length > from);
  }

  /** The longest time without an answer, in ms, between two moments on `wallTime`'s scale. */
  longestSilence(from: number, to: number): number {
    const answers = [from, ...this.#answers.filter((time) => time > from && time < to), to];
    return Math.max(...answers.slice(1).map((time, i) => time - answers[i]!));
  }

  /** How many answers came between two moments on `wallTime`'s scale. */
  count(from: number, to: number): number {
    return this.#answers.filter((time) => time > from && time < to).length;
  }

  get #answers(): number[] {
    return this.#program.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => Number(text));
  }
}
