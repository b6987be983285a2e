import { Session } from 'node:inspector';

/** Frames that are shown. */
const MAX_FRAMES = 5;
/** How long the thread is sampled, ms. */
const SAMPLING_MS = 50;
const INTERVAL_US = 1_000;

interface Node {
  readonly id: number;
  readonly hitCount?: number;
  readonly children?: readonly number[];
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

interface Reply {
  readonly id?: number;
  readonly result?: { readonly usedSize?: number; readonly profile?: { readonly nodes: readonly Node[] } };
}

const MIB = 1024 * 1024;

/** Time, as far as looking at a thread needs it. */
export interface Watchmaker {
  after(ms: number, fn: () => void): void;
}

/** Whom to ask, and how long. */
export interface Whereabouts {
  /** The thread's number. */
  readonly thread: number;
  /** The limit of its heap. */
  readonly memoryMb: number;
  /** After which the answer is given up, ms. */
  readonly limit: number;
  readonly time: Watchmaker;
}

/**
 * Where a thread of this process is, even if it never returns: its profiler samples it. A debugger would stop it there;
 * but a thread that is stopped when the debugger leaves can never be ended.
 *
 * Sampling takes memory of the thread's heap. In one that is full it would end the process, so it is asked first.
 *
 * @returns `in spin (file:///srv/pager.js:12) < …`, or `with 30 MiB in its heap`; undefined when it could not be asked: this
 *   Node has no inspector, or the thread is in native code
 */
export async function whereIs(asked: Whereabouts): Promise<string | undefined> {
  const session = new Session();
  try {
    session.connect();
    return await new Promise((resolve) => {
      asked.time.after(asked.limit, () => resolve(undefined));
      new Sampling(session, asked, resolve).begin();
    });
  } catch {
    return undefined;
  } finally {
    session.disconnect();
  }
}

class Sampling {
  readonly #asked: Whereabouts;
  #sessionId = '';
  #last = 0;
  #usage = 0;
  #started = 0;
  #over = false;

  constructor(
    private readonly session: Session,
    asked: Whereabouts,
    private readonly done: (where: string | undefined) => void,
  ) {
    this.#asked = asked;
  }

  begin(): void {
    this.session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      // `[worker 4] pager`; its workerId counts those that were attached to.
      if (/\bworker (\d+)/i.exec(workerInfo.title)?.[1] !== String(this.#asked.thread)) return;
      this.#sessionId = sessionId;
      this.#usage = this.#send('Runtime.getHeapUsage');
    });
    this.session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId === this.#sessionId) this.#receive(JSON.parse(params.message) as Reply);
    });
    this.session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
      if (error !== null) this.done(undefined);
    });
  }

  #receive({ id, result }: Reply): void {
    if (id === this.#usage) this.#weigh(result?.usedSize ?? Number.POSITIVE_INFINITY);
    if (id === this.#started)
      this.#asked.time.after(SAMPLING_MS, () => this.#over || this.#send('Profiler.stop'));
    if (result?.profile === undefined) return;
    const stack = hottest(result.profile.nodes);
    // On a busy machine the thread may not have run meanwhile.
    if (stack === undefined) this.#started = this.#send('Profiler.start');
    else this.#finish(`in ${stack.join(' < ')}`);
  }

  #weigh(used: number): void {
    if (used > (this.#asked.memoryMb * MIB) / 2)
      return this.#finish(`with ${Math.round(used / MIB)} MiB in its heap`);
    this.#send('Profiler.enable');
    this.#send('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    // Optimized code is thrown away for this; the sampler does not know what has been made while a loop ran.
    this.#send('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    this.#started = this.#send('Profiler.start');
  }

  #finish(where: string): void {
    this.#over = true;
    this.done(where);
  }

  #send(method: string, params = {}): number {
    const message = JSON.stringify({ id: ++this.#last, method, params });
    try {
      this.session.post('NodeWorker.sendMessageToWorker', { sessionId: this.#sessionId, message });
    } catch {
      this.#over = true; // The session has ended: it took too long.
    }
    return this.#last;
  }
}

/** The stack that was met most often, without Node's own functions. */
export function hottest(nodes: readonly Node[]): string[] | undefined {
  const parents = new Map(
    nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  const isOwn = ({ callFrame: { url } }: Node): boolean => url !== '' && !url.startsWith('node:');
  const hits = ({ hitCount = 0 }: Node): number => hitCount;
  let node: Node | undefined = nodes
    .filter((each) => isOwn(each) && hits(each) > 0)
    .toSorted((a, b) => hits(b) - hits(a))[0];
  if (node === undefined) return undefined;
  const frames: string[] = [];
  for (; node !== undefined && frames.length < MAX_FRAMES; node = parents.get(node.id)) {
    if (isOwn(node)) frames.push(frameText(node));
  }
  return frames;
}

/** `spin (file:///srv/pager.js:12)`: the line that was met most often; of a caller, where the function begins. */
function frameText({ callFrame: { functionName, url, lineNumber }, positionTicks = [] }: Node): string {
  const line = positionTicks.toSorted((a, b) => b.ticks - a.ticks)[0]?.line ?? lineNumber + 1;
  return `${functionName || '(anonymous)'} (${url}:${line})`;
}
