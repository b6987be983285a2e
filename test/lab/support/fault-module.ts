/**
 * A module that goes wrong as the variable FAULT says, or the file that FAULT_FILE names: for `modules:` of a settings file,
 * by this file's path.
 */
import { readFileSync } from 'node:fs';
import { type Json, Module } from 'carpet-kernel';

/** How a new version may fail. */
export type Fault =
  | 'throws'
  | 'exits'
  | 'is killed'
  | 'is stopped'
  | 'is slow'
  | 'fails to take over'
  | 'hangs in the last step'
  | 'is stopped in the last step';

const HANG_MS = 400;
const SLOW_MS = 1500;

function faultOfThisProcess(): Fault | undefined {
  const { FAULT, FAULT_FILE } = process.env;
  return (FAULT_FILE === undefined ? FAULT : readFileSync(FAULT_FILE, 'utf8')) as Fault | undefined;
}

function stop(): void {
  process.kill(process.pid, 'SIGSTOP');
}

function hang(): void {
  for (const end = Date.now() + HANG_MS; Date.now() < end; );
}

@Module({ name: 'fault' })
export default class FaultModule {
  readonly #fault = faultOfThisProcess();
  #taken = 0;

  async start(): Promise<void> {
    if (this.#fault === 'is slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    if (this.#fault === 'throws') throw new Error('broken');
    if (this.#fault === 'exits') process.exit(3);
    if (this.#fault === 'is killed') process.kill(process.pid, 'SIGKILL');
    if (this.#fault === 'is stopped') stop();
  }

  handover(): Json {
    return null;
  }

  takeover(): void {
    if (++this.#taken < 2) return;
    if (this.#fault === 'fails to take over') throw new Error('no room');
    if (this.#fault === 'hangs in the last step') hang();
    if (this.#fault === 'is stopped in the last step') stop();
  }
}
