/** dmesg(8): the kernel's message buffer. */
import * as v from 'valibot';
import { type Kernel, LOG_LEVELS, type LogLevel, type LogRecord, type Scope } from '../../../core/index.js';
import { Feed } from '../feed.js';

const input = v.strictObject({
  level: v.optional(
    v.pipe(v.picklist(LOG_LEVELS), v.description('the least severe level that is shown')),
    'info',
  ),
  module: v.optional(v.pipe(v.string(), v.description('only what this module says'))),
});
type Filter = v.InferOutput<typeof input>;

export function registerDmesgVerbs(scope: Scope, kernel: Kernel): void {
  const { messages } = kernel;
  scope.verb({
    name: 'dmesg',
    summary: 'show the newest log records',
    access: 'read',
    input,
    run: (filter) => messages.list().filter((record) => passes(record, filter)),
    text: (records: LogRecord[]) => records.map(recordText).join('\n'),
  });
  scope.verb({
    name: 'dmesg.follow',
    summary: 'show log records as they come',
    access: 'read',
    stream: true,
    input,
    async *run(filter, { signal }) {
      const feed = new Feed<LogRecord>(signal, (count) => missed(count, kernel.clock.wallTime()));
      using _listening = messages.onRecord((record) => {
        if (passes(record, filter)) feed.push(record);
      });
      yield* feed;
    },
    text: recordText,
  });
}

function passes(record: LogRecord, { level, module }: Filter): boolean {
  const severe = LOG_LEVELS.indexOf(record.level) <= LOG_LEVELS.indexOf(level);
  return severe && (module === undefined || record.module === module);
}

function missed(count: number, time: number): LogRecord {
  return {
    level: 'warning',
    time,
    module: 'control',
    message: `${count} records were too fast for this reader`,
  };
}

function recordText({ time, level, module, message }: LogRecord): string {
  const grave: readonly LogLevel[] = ['error', 'warning'];
  return `${new Date(time).toISOString()} ${module}: ${grave.includes(level) ? `${level}: ` : ''}${message}`;
}
