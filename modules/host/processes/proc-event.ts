/** The process connector's messages: linux/netlink.h, linux/connector.h, linux/cn_proc.h. */

/** Where the fields are: struct nlmsghdr, struct cn_msg, then struct proc_event and its data. */
const NLMSG_TYPE = 4;
const CN_ACK = 28;
const EVENT = 36;
const DATA = 52;
/** A whole struct proc_event since Linux 2.6.15; later ones append. */
const MIN_SIZE = DATA + 16;

const NLMSG_DONE = 3;
const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;

/** enum proc_cn_event, as far as it is used here. */
export const PROC_EVENT_NONE = 0;
export const PROC_EVENT_FORK = 1;
export const PROC_EVENT_EXEC = 2;
export const PROC_EVENT_COREDUMP = 0x40000000;
export const PROC_EVENT_EXIT = 0x80000000;

/** enum proc_cn_mcast_op. */
export const PROC_CN_MCAST_LISTEN = 1;
export const PROC_CN_MCAST_IGNORE = 2;

/** What the kernel reports of a task. `tid` equals `pid` for a process, and differs for its other threads. */
export type ProcEvent =
  | { readonly what: 'fork' | 'exec' | 'coredump'; readonly pid: number; readonly tid: number }
  | {
      readonly what: 'exit';
      readonly pid: number;
      readonly tid: number;
      /** As wait(2) has it: the exit status in the second byte, or a signal, with 0x80 if a core was dumped. */
      readonly code: number;
    }
  | { readonly what: 'ack'; readonly request: number; readonly errno: number };

/** Reads a message; undefined for an event of another kind, or anything else. */
export function parseProcEvent(message: Buffer): ProcEvent | undefined {
  if (message.length < MIN_SIZE || message.readUInt16LE(NLMSG_TYPE) !== NLMSG_DONE) return undefined;
  const [first, second, third] = [0, 4, 8].map((at) => message.readUInt32LE(DATA + at)) as [
    number,
    number,
    number,
  ];
  switch (message.readUInt32LE(EVENT)) {
    case PROC_EVENT_NONE:
      return { what: 'ack', request: message.readUInt32LE(CN_ACK) - 1, errno: first };
    case PROC_EVENT_FORK: // the parent's two ids come before the child's
      return { what: 'fork', tid: third, pid: message.readUInt32LE(DATA + 12) };
    case PROC_EVENT_EXEC:
      return { what: 'exec', tid: first, pid: second };
    case PROC_EVENT_COREDUMP:
      return { what: 'coredump', tid: first, pid: second };
    case PROC_EVENT_EXIT:
      return { what: 'exit', tid: first, pid: second, code: third };
    default:
      return undefined;
  }
}

/**
 * Asks the kernel to begin or to end its reports. It answers all listeners, with an `ack` of this request: the number
 * after it in the field for acknowledgements, since the sequence number is the kernel's own.
 */
export function encodeRequest(operation: number, request: number): Buffer {
  const message = Buffer.alloc(EVENT + 4);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(NLMSG_DONE, NLMSG_TYPE);
  message.writeUInt32LE(CN_IDX_PROC, 16);
  message.writeUInt32LE(CN_VAL_PROC, 20);
  message.writeUInt32LE(request, CN_ACK);
  message.writeUInt16LE(4, 32);
  message.writeUInt32LE(operation, EVENT);
  return message;
}
