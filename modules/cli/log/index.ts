/**
 * @module
 * The log of every command. What only daemons use, syslog.ts, is imported from there: it loads the C library.
 */
export { JOURNAL_PRIORITY, journalLine } from './journal.js';
export { journalOnStderr, LOG_FORMATS, type LogFormat, type LogOptions, openLog } from './open-log.js';
export { day, timeOfDay, timeOfDayMs } from './time.js';
