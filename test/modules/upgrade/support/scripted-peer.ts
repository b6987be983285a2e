/**
 * The other end of an upgrade, in a thread of its own, so that it can speak while this one stands still for it. It writes
 * what the script says, byte by byte as given.
 */
import { Socket } from 'node:net';
import { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { AF_UNIX, Libc, SOCK_STREAM, SocketAddress } from '../../../../modules/libc/index.js';

/** What is written when a message of that type, or the connection, has come. */
export interface Cue {
  readonly on: 'connection' | 'state' | 'final';
  /** Pieces, 10 ms after one another. */
  readonly write: readonly string[];
}

interface Part {
  /** Of the connected socket: Node itself cannot connect to an abstract name. */
  readonly fd: number;
  readonly script: readonly Cue[];
}

export const HELLO = '{"type":"hello","protocol":1,"version":"0","pid":1}\n';
export const READY = '{"type":"ready","modules":[]}\n';
export const RUNNING = '{"type":"running"}\n';

/**
 * Plays the part of a successor.
 *
 * @param socket as in an offer, `@name`
 * @returns the types of messages that it has received; `end` at the end
 */
export function playSuccessor(t: TestContext, socket: string, script: readonly Cue[]): readonly string[] {
  const libc = Libc.load();
  const fd = libc.open(AF_UNIX, SOCK_STREAM, 0, (opened) =>
    libc.connect(opened, new SocketAddress(socket).bytes),
  );
  const workerData: Part = { fd, script };
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData });
  t.after(() => worker.terminate());
  const heard: string[] = [];
  worker.on('message', (type: string) => heard.push(type));
  return heard;
}

function play({ fd, script }: Part): void {
  const connection = new Socket({ fd });
  const cue = (on: string): void => {
    parentPort!.postMessage(on);
    const pieces = script.filter((each) => each.on === on).flatMap(({ write }) => write);
    for (const [i, piece] of pieces.entries()) setTimeout(() => connection.write(piece), i * 10);
  };
  // In parts: a state of some MiB comes in many, while the other end stands still for the answer.
  let parts: string[] = [];
  connection.setEncoding('utf8').on('data', (chunk: string) => {
    const [end, ...begun] = chunk.split('\n');
    parts.push(end!);
    for (const begin of begun) {
      cue((JSON.parse(parts.join('')) as { type: string }).type);
      parts = [begin];
    }
  });
  connection.once('close', () => cue('end'));
  connection.on('error', () => undefined);
  cue('connection');
}

if (!isMainThread && parentPort !== null) play(workerData as Part);
