/** Settings of the host's that somebody has changed, and how they come back to what they were. */

/** A setting of the host's that somebody has changed; disposing of it puts back what was there. */
export interface IfnetSetting extends Disposable {
  /** Instead: leaves it as it is, because somebody else needs it. */
  keep(): void;
}

/** One variable of the host's. */
export interface HostVariable {
  /** Undefined where it is not there, or not any more. */
  read(): number | undefined;
  /** Throws IfnetError. */
  write(value: number): void;
}

interface Saved {
  readonly variable: HostVariable;
  /** What is to be put back. */
  before: number | undefined;
  /** What we have set it to; what stands there else is somebody else's. */
  ours: number;
  users: number;
}

/** For a driver: who has set what, and what stood there before the first did. */
export class HostSettings implements Disposable {
  readonly #saved = new Map<string, Saved>();

  /**
   * Sets it until the last who did has disposed of the result: then `before` comes back, by default what stood there.
   * What somebody else has set meanwhile stays. `key` tells one variable from another. Throws as `write`.
   */
  set(key: string, variable: HostVariable, value: number, before?: number): IfnetSetting {
    const now = variable.read();
    variable.write(value);
    const saved = this.#saved.get(key);
    if (saved === undefined) {
      this.#saved.set(key, { variable, before: before ?? now, ours: value, users: 1 });
    } else {
      if (now !== saved.ours) saved.before = now;
      saved.ours = value;
      saved.users++;
    }
    let done = false;
    const end = (restoring: boolean): void => {
      if (!done) this.#end(key, restoring);
      done = true;
    };
    return { keep: () => end(false), [Symbol.dispose]: () => end(true) };
  }

  /** Puts everything back. */
  [Symbol.dispose](): void {
    for (const saved of this.#saved.values()) restore(saved);
    this.#saved.clear();
  }

  #end(key: string, restoring: boolean): void {
    const saved = this.#saved.get(key);
    if (saved === undefined || --saved.users > 0) return;
    this.#saved.delete(key);
    if (restoring) restore(saved);
  }
}

function restore({ variable, before, ours }: Saved): void {
  if (before === undefined || variable.read() !== ours) return;
  try {
    variable.write(before);
  } catch {
    // The interface, and its settings with it, has gone in between.
  }
}
