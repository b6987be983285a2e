/** What is measured, in an order that every process keeps. */

/** Emitting to `handlers` handlers with `args` arguments. */
export interface EmitScenario {
  readonly handlers: number;
  readonly args: 0 | 1 | 3;
}

export const EMITS: readonly EmitScenario[] = [
  { handlers: 0, args: 1 },
  ...[1, 4, 16].flatMap((handlers) => ([0, 1, 3] as const).map((args) => ({ handlers, args }))),
];

/** Handlers that are there already when one more is registered and deregistered. */
export const RESIDENTS = [0, 16, 1000] as const;

/** What one process reports: nanoseconds per emit, bytes per emit, nanoseconds per pair. */
export interface Report {
  readonly emit: Readonly<Record<string, number>>;
  readonly bytes: Readonly<Record<string, number>>;
  readonly pair: Readonly<Record<string, number>>;
}

export function label({ handlers, args }: EmitScenario): string {
  return `${handlers}x${args}`;
}
