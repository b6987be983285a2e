/** The time of day in log lines: local, as people and syslog expect. */

export function timeOfDay(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

export function twoDigits(part: number): string {
  return String(part).padStart(2, '0');
}
