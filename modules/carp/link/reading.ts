/** A vhid that would become MASTER for what it has heard. */
type Claim = () => void;

/**
 * One round of reading what an interface's sockets hold, and the takeovers that come of it. Who would take over hears
 * first what has arrived already, so claims wait for the end of the round, and come in their order: hundreds may, and one
 * within the other would exhaust the stack.
 */
export class Reading {
  readonly #claims: Claim[] = [];
  #isOn = false;

  /** Takes in packets, within the round that is on, or as one of its own. */
  run(packets: () => void): void {
    if (this.#isOn) return packets();
    this.#isOn = true;
    try {
      packets();
    } finally {
      this.#isOn = false;
      this.#settle();
    }
  }

  /** Calls back at the end of the round that is on, or of one that `packets` makes. */
  after(claim: Claim, packets: () => void): void {
    this.#claims.push(claim);
    if (!this.#isOn) this.run(packets);
  }

  /** One that throws does not keep the others waiting for the next round. */
  #settle(): void {
    const failures: unknown[] = [];
    for (let claim = this.#claims.shift(); claim !== undefined; claim = this.#claims.shift()) {
      try {
        claim();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
