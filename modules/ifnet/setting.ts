/** A changed setting of the host; disposing of it restores the old value. */
export interface IfnetSetting extends Disposable {
  /** The value that will be restored; undefined if there was none. */
  readonly before: number | undefined;
  /** Instead of restoring it, leaves the setting as it is, because another program needs it. */
  keep(): void;
  /** One more user of the same value, which is neither read nor set again; undefined when this one is done. */
  share(): IfnetSetting | undefined;
}

/** One variable of the host. */
export interface HostVariable {
  /** Undefined where it does not exist. */
  read(): number | undefined;
  /** @throws IfnetError */
  write(value: number): void;
}

interface Saved {
  readonly variable: HostVariable;
  /** The value to restore. */
  before: number | undefined;
  /** The value that we set; any other was set by another program. */
  ours: number;
  users: number;
}

/** For a driver: the changed settings, their users, and their values before the first change. */
export class HostSettings implements Disposable {
  readonly #saved = new Map<string, Saved>();

  /**
   * Sets it until its last user has disposed of the result: then `before` is restored, by default the value of now. A value
   * that another program has set meanwhile stays.
   *
   * @param key tells one variable from another
   * @throws IfnetError as `write`
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
    return this.#user(key, this.#saved.get(key)!);
  }

  /** Restores everything. */
  [Symbol.dispose](): void {
    for (const saved of this.#saved.values()) restore(saved);
    this.#saved.clear();
  }

  #user(key: string, saved: Saved): IfnetSetting {
    let done = false;
    const end = (restoring: boolean): void => {
      if (!done) this.#end(key, restoring);
      done = true;
    };
    return {
      get before() {
        return saved.before;
      },
      keep: () => end(false),
      share: () => {
        if (done) return undefined;
        saved.users++;
        return this.#user(key, saved);
      },
      [Symbol.dispose]: () => end(true),
    };
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
