import { ControlClient, type KernelIndex } from '../../control/index.js';
import { sayIfSilent } from './silence.js';

const SOCKET = '/run/carpet/control.sock';
/** For users who may only look. */
const READ_SOCKET = '/run/carpet/status.sock';

/** A running kernel, and what it offers. */
export interface RunningKernel {
  readonly client: ControlClient;
  readonly index: KernelIndex;
}

/**
 * Finds the running kernel: at the path given, at that in CARPET_SOCKET, or at its usual place, where a user who may
 * not use the control socket is led to the one for reading.
 * @throws CarpetError ENOKERNEL, EACCES as ControlClient
 */
export async function findKernel(path = process.env['CARPET_SOCKET']): Promise<RunningKernel> {
  if (path !== undefined && path !== '') return connect(path);
  try {
    return await connect(SOCKET);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EACCES') throw error;
    return connect(READ_SOCKET);
  }
}

async function connect(path: string): Promise<RunningKernel> {
  const client = new ControlClient(path);
  void sayIfSilent(path);
  return { client, index: await client.index() };
}
