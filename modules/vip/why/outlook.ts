/** What is ahead of a BACKUP, as far as it knows. */
export interface Outlook {
  /** Milliseconds until it takes over, unless it hears a MASTER to wait for; undefined: it is no BACKUP. */
  readonly takeoverIn: number | undefined;
  /** What is left of its preemptDelay, in ms, while only worse MASTERs are heard; undefined: it waits for no such delay. */
  readonly preemptionIn: number | undefined;
}

/** What a state machine waits for, on the kernel's clock in ms; null: for nothing. */
export interface Waits {
  /** Its master-down timers: the last of them makes it MASTER. */
  readonly masterDown: readonly (number | null)[];
  /** Since when it has heard only worse MASTERs. */
  readonly worseSince: number | null;
  readonly preemptDelay: number;
}

/** What is ahead of a state machine that waits for this. @param now on the same clock */
export function outlook({ masterDown, worseSince, preemptDelay }: Waits, now: number): Outlook {
  const deadlines = masterDown.filter((deadline) => deadline !== null);
  return {
    takeoverIn: deadlines.length === 0 ? undefined : Math.max(0, Math.max(...deadlines) - now),
    preemptionIn: worseSince === null ? undefined : Math.max(0, worseSince + preemptDelay - now),
  };
}
