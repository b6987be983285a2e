/** A module that goes wrong as the variable FAULT says: for `modules:` of a settings file, by this file's path. */
import { type Json, Module } from 'carpet-kernel';

/** How a new version may fail. */
export type Fault =
  | 'throws'
  | 'exits'
  | 'is killed'
  | 'is stopped'
  | 'fails to take over'
  | 'hangs in the last step'
  | 'is stopped in the last step';

const HANG_MS = 400;

function stop(): void {
  process.kill(process.pid, 'SIGSTOP');
}

function hang(): void {
  for (const end = Date.now() + HANG_MS; Date.now() < end; );
}

@Module({ name: 'fault' })
export default class FaultModule {
  readonly #fault = process.env['FAULT'] as Fault | undefined;
  #taken = 0;

  start(): void {
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
