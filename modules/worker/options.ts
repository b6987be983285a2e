import * as v from 'valibot';
import { KldError } from '../../core/index.js';

const ms = (description: string, value: number, min = 1) =>
  v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(3_600_000), v.description(description)),
    value,
  );
const count = (description: string, value: number, min: number, max: number) =>
  v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max), v.description(description)),
    value,
  );

/** How a module in a worker may behave, and what happens when it does not. */
export const workerOptions = v.strictObject({
  memoryMb: count('heap of the thread, in MiB; more ends it', 128, 8, 65_536),
  cpu: v.optional(
    v.pipe(
      v.number(),
      v.gtValue(0),
      v.maxValue(1),
      v.description('share of a core that it may use; more ends it'),
    ),
  ),
  cpuWindowMs: ms('over which the share is measured', 10_000, 100),
  nice: count('nice value of the thread: the larger, the more it stands back', 5, 0, 19),
  stallMs: ms('silence after which it is taken to stand still and is ended', 5_000, 50),
  answerMs: ms('how long an event that asks for permission waits for its answer', 1_000),
  verbMs: ms('how long one of its verbs may take to answer', 10_000),
  stopMs: ms('how long its stop may take when it is unloaded', 5_000),
  queue: count('events that may wait for it', 10_000, 1, 1_000_000),
  restart: v.optional(
    v.strictObject({
      max: count('restarts within the window; one more gives it up', 5, 0, 1_000),
      withinMs: ms('the window', 60_000),
      delayMs: ms('pause before a restart', 100, 0),
    }),
    {},
  ),
});

/** What `{ isolate: { in: 'worker', … } }` takes; everything has a default. */
export type WorkerOptions = v.InferInput<typeof workerOptions>;
/** The same with its defaults. */
export type WorkerLimits = v.InferOutput<typeof workerOptions>;

/** `isolate` of a module in a settings file: `worker`, or that with options. */
export const isolateSchema = v.union(
  [v.literal('worker'), v.strictObject({ in: v.literal('worker'), ...workerOptions.entries })],
  'must be worker, or a mapping with in: worker and options',
);

/** @throws KldError ESETTINGS that names what does not fit */
export function workerLimits(given: unknown): WorkerLimits {
  const { success, output, issues } = v.safeParse(workerOptions, given);
  if (success) return output;
  const problems = issues.map((issue) => `${v.getDotPath(issue) ?? 'options'}: ${issue.message}`);
  throw new KldError('ESETTINGS', `isolate: ${problems.join('; ')}`);
}

declare module 'carpet-kernel' {
  interface IsolationKinds {
    /** A thread of this process, provided by WorkerModule of `carpet-kernel/worker`. */
    worker: WorkerOptions;
  }
}
