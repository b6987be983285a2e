export { LOG_LEVELS, Log, type LogLevel, type LogMessage, type LogRecord, type LogSink } from './log.js';
export { MessageBuffer } from './message-buffer.js';
export { printable } from './printable.js';
