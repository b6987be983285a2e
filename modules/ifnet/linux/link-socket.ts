import type { Callout } from '../../../core/index.js';
import {
  AF_PACKET,
  attachProgram,
  encodeProgram,
  Poller,
  packetAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SystemError,
} from '../../libc/index.js';
import {
  type FrameFilter,
  type Ifnet,
  type IfnetError,
  type LinkSocket,
  type LinkSocketOptions,
} from '../index.js';
import { compileFrameFilter } from './bpf-frame.js';
import { explain } from './explain.js';
import type { LinuxServices } from './services.js';

/** Frames read at once. */
const MAX_BATCH = 16;
/** After a batch nothing is read for so long: a flood costs 1600 frames a second at most. */
const REST_MS = 10;
/** Some 80 short frames; what comes beyond is lost. */
const RECEIVE_BUFFER = 1 << 16;

/**
 * A packet socket (packet(7)) for one EtherType on one interface. It is bound when its filter is in place, so that nothing
 * comes in that the filter refuses; a socket bound to an EtherType does not receive what the host sends itself.
 */
export class LinuxLinkSocket implements LinkSocket {
  readonly #fd: number;
  readonly #poller: Poller;
  readonly #rest: Callout;
  #closed = false;

  /** @throws IfnetError EPERM without CAP_NET_RAW, ENOMEM … */
  constructor(
    private readonly services: LinuxServices,
    private readonly ifp: Ifnet,
    private readonly options: LinkSocketOptions,
    private readonly onClose: () => void,
  ) {
    this.#rest = services.clock.callout(`${ifp.name} receive frames`, () => this.#poller.pause(false));
    try {
      this.#fd = this.#open();
      this.#poller = Poller.orClose(services.libc, this.#fd, () => this.#read());
    } catch (error) {
      throw explain(error, ifp.name, 'open a link socket');
    }
  }

  setFilter(filter: FrameFilter | undefined): void {
    // Another socket may have its descriptor by now.
    if (this.#closed) return;
    try {
      this.#attach(this.#fd, filter);
    } catch (error) {
      throw explain(error, this.ifp.name, 'set a frame filter');
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rest.stop();
    this.#poller[Symbol.dispose]();
    this.services.libc.close(this.#fd);
    this.onClose();
  }

  #open(): number {
    const { libc, netns } = this.services;
    const { etherType, filter } = this.options;
    const setUp = (fd: number): void => {
      libc.setReceiveBuffer(fd, RECEIVE_BUFFER);
      this.#attach(fd, filter);
      libc.bind(fd, packetAddress(this.ifp.index, etherType));
    };
    return netns.run(() => libc.open(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0, setUp));
  }

  #attach(fd: number, filter: FrameFilter | undefined): void {
    attachProgram(this.services.libc, fd, encodeProgram(compileFrameFilter(filter)));
  }

  #read(): void {
    const { ring } = this.services;
    const frames: Uint8Array[] = [];
    for (let slot = 0, count = this.#receive(); slot < count; slot++) {
      const length = ring.length(slot);
      // The next read of any socket overwrites the slot, and `input` may cause one.
      if (length !== undefined) frames.push(ring.bytes.slice(ring.start(slot), ring.start(slot) + length));
    }
    this.#poller.pause(true);
    this.#rest.reset(REST_MS);
    for (const frame of frames) if (!this.#closed) this.options.input(frame);
  }

  /** A read reports a pending error of the socket once, and clears it: ENETDOWN when the interface goes down. */
  #receive(): number {
    try {
      return this.services.ring.read(this.#fd, MAX_BATCH);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'ENETDOWN')
        this.options.error?.(explain(error, this.ifp.name, 'receive frames') as IfnetError);
      return 0;
    }
  }
}
