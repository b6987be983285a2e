import { once } from 'node:events';
import { connect, type LookupFunction } from 'node:net';

/** Where to connect to. */
export interface TcpSettings {
  readonly host: string;
  readonly port: number;
}

/** Connects, and disconnects. */
export async function probeTcp(
  { host, port }: TcpSettings,
  signal: AbortSignal,
  lookup: LookupFunction,
): Promise<void> {
  const socket = connect({ host, port, signal, lookup });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    // Once more: an error of an aborted socket comes after the abort.
    socket.on('error', () => undefined).destroy();
  }
}
