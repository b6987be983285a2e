import { type Debugger, Session } from 'node:inspector';
import type { Dispatch } from '../protocol.js';

/** Frames that are shown. */
const MAX_FRAMES = 5;
/** How long the kernel may look for one answer: the name of a function can be code, and loop. Node's types lack it. */
const MAX_ANSWER_MS = 100;
/** How long the kernel may be stopped in all, where many names loop. */
const MAX_STOP_MS = 1_000;

const CORE = new URL('../../../core/', import.meta.url).href;
/** Where the code of files is that are bundled. */
const CHUNKS = new URL('../../../chunks/', import.meta.url).href;

/**
 * What to ask the frames of core that call code of modules. Names of functions are left out: the first frame that can answer
 * is the one that calls.
 */
const HANDLER =
  '({ list: this.name, handler: entry.name, priority: entry.priority, owner: entry.details?.owner })';
const CALLOUT = '({ callout: callout.name, owner: callout.owner?.name })';

/** Files with such frames, each with its question. */
const DISPATCHERS = new Map([
  [`${CORE}eventhandler/list.js`, HANDLER],
  [`${CORE}time/system-clock.js`, CALLOUT],
]);
/** For a frame of a bundle, which may be any file's. */
const EITHER = `(typeof entry === 'undefined' ? ${CALLOUT} : entry.details === undefined ? null : ${HANDLER})`;

/** What one look found. */
export interface Found {
  readonly dispatch: Dispatch | undefined;
  readonly stack: readonly string[];
}

/**
 * One look at the kernel's thread: it is stopped where it is, even in a loop, asked, and let go. In native code it stops
 * when that returns. A look that is ended before lets it go too, and so does the end of this thread, whatever ends it.
 */
export class Look {
  readonly #session = new Session();
  /** The files of scripts, by the number that frames name them by. */
  readonly #files = new Map<string, string>();
  readonly #still: () => boolean;
  readonly #found: (found: Found) => void;
  #limit: ReturnType<typeof setTimeout> | undefined;
  #resumed = false;
  #over = false;

  /**
   * Begins at once.
   * @param still whether the kernel still stands where it did
   * @param found is not called if the kernel goes on before it could be stopped, or this Node has no inspector
   */
  constructor(still: () => boolean, found: (found: Found) => void) {
    this.#still = still;
    this.#found = found;
    this.#session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) =>
      this.#files.set(scriptId, url),
    );
    this.#session.on('Debugger.paused', ({ params: { callFrames } }) => void this.#read(callFrames));
    this.#session.on('Debugger.resumed', () => {
      this.#resumed = true;
    });
    try {
      this.#session.connectToMainThread();
      this.#session.post('Debugger.enable');
      this.#session.post('Debugger.pause');
    } catch {
      this.end();
    }
  }

  /** Lets the kernel go. Idempotent. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#limit);
    try {
      // Another session may keep it stopped when this one only leaves.
      this.#session.post('Debugger.resume');
    } catch {
      // It was never connected.
    }
    this.#session.disconnect();
  }

  async #read(frames: readonly Debugger.CallFrame[]): Promise<void> {
    this.#resumed = false;
    let again = false;
    try {
      if (!this.#still()) return;
      this.#limit ??= setTimeout(() => this.end(), MAX_STOP_MS);
      const called = await this.#dispatchOf(frames);
      // Another session, that of a second kernel say, has let it go before it had answered this one.
      again = !this.#over && this.#resumed && called === undefined;
      if (again || this.#over) return;
      // What is below the dispatch is the kernel's own way there.
      const stack = frames.slice(0, called?.depth).filter((frame) => this.#isShown(frame));
      this.#found({
        dispatch: called?.dispatch,
        stack: stack.slice(0, MAX_FRAMES).map((frame) => this.#textOf(frame)),
      });
    } finally {
      if (again) this.#session.post('Debugger.pause');
      else this.end();
    }
  }

  async #dispatchOf(
    frames: readonly Debugger.CallFrame[],
  ): Promise<{ readonly depth: number; readonly dispatch: Dispatch } | undefined> {
    for (const [depth, frame] of frames.entries()) {
      const file = this.#fileOf(frame);
      const question = file.startsWith(CHUNKS) ? EITHER : DISPATCHERS.get(file);
      if (question === undefined) continue;
      const dispatch = await this.#ask(frame, question);
      if (this.#over) return undefined;
      if (dispatch) return { depth, dispatch };
    }
    return undefined;
  }

  /** Nothing that is read may run code of a module: with a side effect, or a getter that throws, there is no answer. */
  #ask({ callFrameId }: Debugger.CallFrame, expression: string): Promise<Dispatch | undefined> {
    const question: Debugger.EvaluateOnCallFrameParameterType & { readonly timeout: number } = {
      callFrameId,
      expression,
      returnByValue: true,
      silent: true,
      throwOnSideEffect: true,
      timeout: MAX_ANSWER_MS,
    };
    return new Promise((resolve) => {
      this.#session.post('Debugger.evaluateOnCallFrame', question, (error, answer) => {
        const failed = error !== null || answer.exceptionDetails !== undefined;
        resolve(failed ? undefined : (answer.result.value as Dispatch));
      });
    });
  }

  #fileOf({ location }: Debugger.CallFrame): string {
    return this.#files.get(location.scriptId) ?? '';
  }

  #isShown(frame: Debugger.CallFrame): boolean {
    const file = this.#fileOf(frame);
    return file !== '' && !file.startsWith('node:') && !file.startsWith(CORE);
  }

  #textOf(frame: Debugger.CallFrame): string {
    return `${frame.functionName || '(anonymous)'} (${this.#fileOf(frame)}:${frame.location.lineNumber + 1})`;
  }
}
