/**
 * Asks all processes that run CARP for their state. One that does not answer in time, or not with a document, costs a
 * line for people and hides none of the others.
 */
import { Socket } from 'node:net';
import { CarpetError } from '../../core/index.js';
import { parseDocument, type StatusDocument } from './document.js';
import { listSockets, removeSocket, STATUS_FOLDER, type StatusSocket } from './folder.js';

/** For a whole answer, in ms. */
const DEADLINE = 200;
const MOST_BYTES = 16 * 1024 * 1024; // 255 vhids with 1024 IPv6 addresses each take about 12
const MOST_PROCESSES = 256;

export interface StatusReading {
  /** Where it looked. */
  readonly folder: string;
  /** By pid. */
  readonly documents: readonly StatusDocument[];
  /** What could not be read and why, a line each. */
  readonly troubles: readonly string[];
}

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
    if (sockets.length > MOST_PROCESSES)
      troubles.push(`${folder} has ${sockets.length} sockets; only ${MOST_PROCESSES} were asked`);
    await Promise.all(sockets.slice(0, MOST_PROCESSES).map(ask));
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
  const socket = new Socket({ signal: AbortSignal.timeout(DEADLINE) }).connect(path);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new CarpetError('E2BIG', 'it does not end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** @returns undefined for a process that is gone */
function explain({ code, message }: NodeJS.ErrnoException, { pid, path }: StatusSocket): string | undefined {
  if (code === 'ECONNREFUSED') removeSocket(path);
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined;
  const who = `CARP of process ${pid} is not shown`;
  if (code === 'ABORT_ERR' || code === 'EAGAIN') return `${who}: it did not answer within ${DEADLINE} ms`;
  if (code === 'EACCES') return `${who}: no permission for ${path}`;
  return `${who}: its answer is not understood: ${message}`;
}
