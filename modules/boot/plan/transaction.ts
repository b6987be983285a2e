import { CarpetError } from '../../../core/index.js';
import type { Step } from './change.js';

/** Settings were not applied. Code EAPPLY; `cause` is what the step threw. */
export class ApplyError extends CarpetError {
  override readonly name = 'ApplyError';

  constructor(
    message: string,
    cause: unknown,
    /** Whether everything is as before; otherwise the message says what could not be put back. */
    readonly restored: boolean,
  ) {
    super('EAPPLY', message, { cause });
  }
}

/** Runs the steps, whole or not at all. @throws ApplyError after the steps that had been run were taken back */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const done: Step[] = [];
  for (const step of steps) {
    try {
      await step.run();
      done.push(step);
    } catch (error) {
      const left = [...(isHalfDone(error) ? [step.name] : []), ...(await takeBack(done))];
      const state = left.length === 0 ? 'everything is as before' : `not put back: ${left.join('; ')}`;
      throw new ApplyError(
        `cannot ${step.name}: ${reason(error, step)} (${state})`,
        error,
        left.length === 0,
      );
    }
  }
}

/** A module that could not go back to its former settings: carp's EUNDO. */
function isHalfDone(error: unknown): boolean {
  return error instanceof CarpetError && error.code === 'EUNDO';
}

/** @returns what could not be taken back, and why */
async function takeBack(done: readonly Step[]): Promise<string[]> {
  const left: string[] = [];
  for (const step of done.toReversed()) {
    try {
      await step.undo();
    } catch (error) {
      left.push(`${step.name}: ${text(error)}`);
    }
  }
  return left;
}

/** The loader's errors begin with the module's name, which the step's name ends in. */
function reason(error: unknown, { name }: Step): string {
  const subject = `${name.split(' ').at(-1)}: `;
  const message = text(error);
  return message.startsWith(subject) ? message.slice(subject.length) : message;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
