import { CarpetError } from '../../../core/index.js';
import {
  AF_NETLINK,
  attachProgram,
  encodeProgram,
  errnoName,
  isFromKernel,
  type Libc,
  MessageRing,
  NETLINK_CONNECTOR,
  netlinkAddress,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCKADDR_NL,
  SystemError,
} from '../../libc/index.js';
import { procFilter } from './filter.js';
import {
  encodeRequest,
  PROC_CN_MCAST_IGNORE,
  PROC_CN_MCAST_LISTEN,
  type ProcEvent,
  parseProcEvent,
} from './proc-event.js';

const PROC_GROUP = 1; // CN_IDX_PROC, as a bit mask
const SLOTS = 128;
const SLOT_SIZE = 128;

/** What a socket of the process connector is opened with. */
export interface ProcSocketOptions {
  /** In bytes; a message takes about 1 KiB of it. */
  readonly receiveBuffer: number;
  /** Whether threads are reported too. */
  readonly threads: boolean;
}

/** Hears of every process of the machine, from the kernel's process connector. */
export class ProcSocket implements Disposable {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #ring: MessageRing;

  /** @throws CarpetError EPERM without CAP_NET_ADMIN, ENOTSUP where the kernel does not answer */
  constructor(libc: Libc, { receiveBuffer, threads }: ProcSocketOptions) {
    this.#libc = libc;
    this.#ring = new MessageRing(libc, { count: SLOTS, size: SLOT_SIZE, name: SOCKADDR_NL });
    try {
      this.fd = libc.open(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK, NETLINK_CONNECTOR, (fd) => {
        libc.setReceiveBuffer(fd, receiveBuffer);
        attachProgram(libc, fd, encodeProgram(procFilter(threads)));
        libc.bind(fd, netlinkAddress(PROC_GROUP));
        this.#request(fd, PROC_CN_MCAST_LISTEN);
        this.#awaitAck(fd);
      });
    } catch (error) {
      throw explained(error);
    }
  }

  /** Reads one batch. @returns whether events were lost before they could be read */
  read(visit: (event: ProcEvent) => void): boolean {
    try {
      this.#readBatch(this.fd, visit);
      return false;
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOBUFS') return true;
      throw error;
    }
  }

  /** Before Linux 6.6 the kernel counts its listeners, and does not notice that one is gone. */
  [Symbol.dispose](): void {
    try {
      this.#request(this.fd, PROC_CN_MCAST_IGNORE);
    } catch {
      // the privilege was given up, or the queue is full
    }
    this.#libc.close(this.fd);
  }

  #request(fd: number, operation: number): void {
    this.#libc.sendto(fd, encodeRequest(operation, process.pid), netlinkAddress(0));
  }

  /** The kernel answers within the call of sendto(2), or, to a process outside of the first namespaces, never. */
  #awaitAck(fd: number): void {
    let errno: number | undefined;
    const visit = (event: ProcEvent): void => {
      if (event.what === 'ack' && event.request === process.pid) errno = event.errno;
    };
    while (errno === undefined && this.#readBatch(fd, visit) > 0);
    if (errno === undefined) throw new CarpetError('ENOTSUP', OUTSIDE);
    if (errno !== 0) throw new SystemError('PROC_CN_MCAST_LISTEN', errno);
  }

  #readBatch(fd: number, visit: (event: ProcEvent) => void): number {
    const count = this.#ring.read(fd);
    for (let slot = 0; slot < count; slot++) {
      const message = this.#ring.datagram(slot);
      if (message === undefined || !isFromKernel(this.#ring.sender(slot))) continue;
      const event = parseProcEvent(message);
      if (event !== undefined) visit(event);
    }
    return count;
  }
}

const OUTSIDE =
  'the process connector does not answer: it serves the first namespaces only (not a container), of a kernel built with CONFIG_PROC_EVENTS';

function explained(error: unknown): unknown {
  if (!(error instanceof SystemError)) return error;
  const code = errnoName(error.errno);
  if (code === 'EPERM')
    return new CarpetError('EPERM', 'the process connector needs CAP_NET_ADMIN: run as root', {
      cause: error,
    });
  if (code === 'ECONNREFUSED' || code === 'EPROTONOSUPPORT')
    return new CarpetError('ENOTSUP', OUTSIDE, { cause: error });
  return error;
}
