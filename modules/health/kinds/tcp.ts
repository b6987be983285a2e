import { once } from 'node:events';
import { connect } from 'node:net';

/** Where to connect to. */
export interface TcpSettings {
  readonly host: string;
  readonly port: number;
}

/** Connects, and disconnects. */
export async function probeTcp({ host, port }: TcpSettings, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port, signal });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    // Once more: an error of an aborted socket comes after the abort.
    socket.on('error', () => undefined).destroy();
  }
}
