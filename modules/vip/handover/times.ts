/** A time for JSON, which has no infinity. */
export function timeToJson(time: number | undefined): number | null {
  return time === undefined || !Number.isFinite(time) ? null : time;
}

/** Null: never, which lies before all times. */
export function timeFromJson(time: number | null): number {
  return time ?? Number.NEGATIVE_INFINITY;
}
