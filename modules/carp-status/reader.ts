import { Socket } from 'node:net';
import { CarpetError } from '../../core/index.js';
import { parseDocument, type StatusDocument } from './document.js';
import { listSockets, removeSocket, STATUS_FOLDER, type StatusSocket } from './folder.js';

/** For a complete answer. */
const ANSWER_TIMEOUT_MS = 200;
const MAX_BYTES = 16 * 1024 * 1024; // 255 vhids with 1024 IPv6 addresses each take about 12 MiB
const MAX_PROCESSES = 256;

/** What {@link readStatus} has found. */
export interface StatusReading {
  /** The folder that was searched. */
  readonly folder: string;
  /** In the order of their pids. */
  readonly documents: readonly StatusDocument[];
  /** One line for each document that could not be read, with the reason. */
  readonly troubles: readonly string[];
}

/**
 * Asks every process that runs CARP on this machine for its state. A process that does not answer in time, or not with a
 * document, costs a line in `troubles` and hides none of the others.
 */
export async function readStatus(folder = STATUS_FOLDER): Promise<StatusReading> {
  const documents: StatusDocument[] = [];
  const troubles: string[] = [];
  const ask = async (socket: StatusSocket): Promise<void> => {
    try {
      documents.push(await askOne(socket));
    } catch (error) {
      const trouble = explain(error as NodeJS.ErrnoException, socket);
      if (trouble !== undefined) troubles.push(trouble);
    }
  };
  try {
    const sockets = listSockets(folder);
    if (sockets.length > MAX_PROCESSES)
      troubles.push(`${folder} has ${sockets.length} sockets; only ${MAX_PROCESSES} were asked`);
    await Promise.all(sockets.slice(0, MAX_PROCESSES).map(ask));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') troubles.push(`cannot look for CARP in ${folder}: ${code}`);
  }
  return { folder, documents: documents.toSorted((a, b) => a.pid - b.pid), troubles };
}

async function askOne({ pid, path }: StatusSocket): Promise<StatusDocument> {
  const document = parseDocument(await receive(path));
  if (document.pid !== pid) throw new CarpetError('EPID', `it says that it is process ${document.pid}`);
  return document;
}

async function receive(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const socket = new Socket({ signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).connect(path);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new CarpetError('E2BIG', 'it does not end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** @returns undefined if the process is gone */
function explain({ code, message }: NodeJS.ErrnoException, { pid, path }: StatusSocket): string | undefined {
  if (code === 'ECONNREFUSED') removeSocket(path);
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined;
  const who = `CARP of process ${pid} is not shown`;
  if (code === 'ABORT_ERR' || code === 'EAGAIN')
    return `${who}: it did not answer within ${ANSWER_TIMEOUT_MS} ms`;
  if (code === 'EACCES') return `${who}: no permission for ${path}`;
  return `${who}: its answer is not understood: ${message}`;
}
