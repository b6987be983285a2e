import { type Namespace, type Program, wallTime } from '../../lab/support/index.js';

/** A stretch of time, in ms since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When a host has had an address, as its kernel reports it: `ip -ts monitor address`. */
export class Holding {
  readonly #program: Program;
  readonly #line: RegExp;

  constructor(host: Namespace, address: string) {
    this.#program = host.spawn(['ip', '-ts', 'monitor', 'address']);
    this.#line = new RegExp(`^\\[(\\S+)\\] (Deleted )?.*inet ${address.replaceAll('.', '\\.')}/`);
  }

  get now(): boolean {
    return this.#spans.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  /** Milliseconds within the span in which both had the address, but for the stretch in which they were apart. */
  static overlap([a, b]: readonly [Holding, Holding], within: Span, apart?: Span): number {
    let sum = 0;
    for (const one of a.#spans)
      for (const other of b.#spans) {
        const both = common(common(one, other), within);
        sum += length(both) - (apart === undefined ? 0 : length(common(both, apart)));
      }
    return sum;
  }

  get #spans(): Span[] {
    const spans: { from: number; to: number }[] = [];
    for (const { text } of this.#program.lines) {
      const [, stamp, deleted] = this.#line.exec(text) ?? [];
      if (stamp === undefined) continue;
      const time = parse(stamp);
      const last = spans.at(-1);
      const open = last?.to === Number.POSITIVE_INFINITY;
      if (deleted !== undefined && open) last.to = time;
      // A renewal is reported as the same address again.
      else if (deleted === undefined && !open) spans.push({ from: time, to: Number.POSITIVE_INFINITY });
    }
    return spans;
  }
}

function common(a: Span, b: Span): Span {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to, wallTime()) };
}

function length({ from, to }: Span): number {
  return Math.max(0, to - from);
}

/** `2026-11-29T12:00:00.123456`, local time. */
function parse(stamp: string): number {
  const [seconds = '', fraction = '0'] = stamp.split('.');
  return Date.parse(seconds) + Number(`0.${fraction}`) * 1000;
}
