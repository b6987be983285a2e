/** What becomes of one thing when a file is applied. */
export interface Change {
  readonly action: 'set' | 'load' | 'unload' | 'reload' | 'reconfigure';
  /** `net.inet.carp.preempt`, `carp`, `log`. */
  readonly subject: string;
  /** What changes in it, one line each; no secret is among them. */
  readonly details: readonly string[];
}

const SIGNS: Record<Change['action'], string> = {
  set: '~',
  load: '+',
  unload: '-',
  reload: '!',
  reconfigure: '~',
};

/** For people: a line for each change, its details below it. */
export function formatChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return 'nothing changes';
  return changes
    .flatMap(({ action, subject, details }) => [
      `${SIGNS[action]} ${action} ${subject}`,
      ...details.map((line) => `    ${line}`),
    ])
    .join('\n');
}

/** One thing to do, and the way back. */
export interface Step {
  /** For messages: `load carp`. */
  readonly name: string;
  /** Whole or not at all: when it throws, nothing has changed. */
  run(): void | Promise<void>;
  undo(): void | Promise<void>;
}
