import { Island } from './island.js';
import type { LanPort } from './port.js';

/**
 * Which ports can reach each other: one island, or several while the segment is divided. Every change makes new
 * islands, and so every switch forgets what it had learnt, as after a change of the spanning tree.
 */
export class Topology {
  readonly #islands = new Map<LanPort, Island>();
  #main: Island;

  /** `ageingMs`: how long a switch remembers an address. */
  constructor(private readonly ageingMs: number) {
    this.#main = new Island(ageingMs);
  }

  /** The island of a port; undefined once it is unplugged. */
  of(port: LanPort): Island | undefined {
    return this.#islands.get(port);
  }

  /** Adds a port. While the segment is divided it belongs to those that no group named. */
  add(port: LanPort): void {
    this.#join(port, this.#main);
  }

  remove(port: LanPort): void {
    this.#islands.get(port)?.remove(port);
    this.#islands.delete(port);
  }

  /** One island for each group, and one for all other ports. */
  divide(groups: readonly (readonly LanPort[])[]): void {
    this.#main = new Island(this.ageingMs);
    const ports = [...this.#islands.keys()];
    for (const port of ports) this.#join(port, this.#main);
    for (const group of groups) {
      const island = new Island(this.ageingMs);
      for (const port of group) this.#join(port, island);
    }
  }

  /** The order of ports in an island is that of joining, on which the order of random draws depends. */
  #join(port: LanPort, island: Island): void {
    this.#islands.get(port)?.remove(port);
    this.#islands.set(port, island);
    island.ports.add(port);
  }
}
