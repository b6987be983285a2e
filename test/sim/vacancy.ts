import type { Clock } from '../../core/index.js';
import type { SimHost } from './host.js';

/** The hosts of a segment that reach each other and take part in elections. */
export interface Part {
  readonly leg: number;
  readonly hosts: readonly SimHost[];
}

/** Those of its hosts that are MASTER. */
export function mastersOf({ leg, hosts }: Part): SimHost[] {
  return hosts.filter((host) => host.state(leg) === 'MASTER');
}

/** Looks for stretches of time in which a part has no MASTER; that it has none within one instant does not count. */
export class VacancyWatch {
  readonly #vacantSince = new Map<Part, number>();
  readonly #found: string[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly parts: readonly Part[],
  ) {}

  /** To be called after each change of a state. */
  look(): void {
    for (const part of this.parts) {
      if (mastersOf(part).length > 0) this.#filled(part);
      else if (!this.#vacantSince.has(part)) this.#vacantSince.set(part, this.clock.now());
    }
  }

  /** What was found, in words. */
  end(): readonly string[] {
    for (const part of this.parts) this.#filled(part);
    return this.#found;
  }

  #filled(part: Part): void {
    const since = this.#vacantSince.get(part);
    this.#vacantSince.delete(part);
    if (since === undefined || since === this.clock.now()) return;
    this.#found.push(`segment ${part.leg} had no MASTER from ${since} to ${this.clock.now()}`);
  }
}
