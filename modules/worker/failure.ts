import { CarpetError, describe, KldError } from '../../core/index.js';
import type { Failure } from './protocol.js';

const MAX_TEXT = 2_000;
const MAX_STACK = 8_000;

/** Anything that was thrown, as a value of limited size. */
export function failureOf(error: unknown): Failure {
  const message = describe(error).slice(0, MAX_TEXT);
  try {
    const code = error instanceof CarpetError ? error.code : 'EMODULE';
    const module = error instanceof KldError ? error.module : undefined;
    const stack = error instanceof Error ? String(error.stack).slice(0, MAX_STACK) : undefined;
    return { code, message, module, stack };
  } catch {
    // A revoked proxy, a stack that throws: the message has said what can be said.
    return { code: 'EMODULE', message };
  }
}

/** The error again, on the other side. */
export function errorOf({ code, message, module, stack }: Failure): CarpetError {
  const error =
    module === undefined ? new CarpetError(code, message) : new KldError(code, message, { module });
  if (stack !== undefined) error.stack = stack;
  return error;
}
