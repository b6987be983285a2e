import { setFlagsFromString } from 'node:v8';

/** V8's optimizing compiler, from that major version of Node on, leaves some loops without a check for interrupts. */
const FIRST_MAJOR = 23;

/**
 * Sees to it that every thread can be ended. When V8 replaces the code of a loop while it runs (on-stack replacement), the
 * new code of `for (;;) new Array(1000).fill({})` never looks whether its thread shall end: `terminate` and even
 * `process.exit` then wait forever. Without replacement such loops keep the checks. Call it before a thread starts; the
 * flag holds for the process, and costs time only in a loop that runs long within its function's first calls.
 */
export function keepInterruptible(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= FIRST_MAJOR) setFlagsFromString('--no-use-osr');
}
