import {
  IfnetError,
  type InetAddress,
  type InetFamily,
  type IpDestination,
  type IpSocket,
} from '../../ifnet/index.js';
import { type Fault } from '../../vip/index.js';
import type { CarpContext } from '../context.js';
import type { CarpOutputState } from '../handover/schema.js';

/** FreeBSD's CARP_SENDAD_MAX_ERRORS and CARP_SENDAD_MIN_SUCCESS. */
const MAX_ERRORS = 3;
const MIN_SUCCESS = 3;
const NONE: ReadonlySet<InetFamily> = new Set();

/** One destination, and the socket that reaches it. */
export interface CarpPath {
  readonly family: InetFamily;
  readonly socket: IpSocket;
  readonly to: IpDestination;
  /** The source address in `to`. */
  readonly source: InetAddress;
}

type CarpSenderNeeds = Pick<CarpContext, 'statistics' | 'refusalLog'>;

/** What demotes the vhid while it cannot send. */
export type CarpSendFault = Pick<Fault, 'raise' | 'clear'>;

/**
 * Sends the advertisements of one vhid: one build per tick, then one system call per peer and family. Failures in a row
 * demote this host, as on FreeBSD: it should not be MASTER of what it cannot advertise.
 */
export class CarpSender {
  #errors = 0;
  #successes = 0;
  #families: ReadonlySet<InetFamily> = NONE;

  constructor(
    private readonly name: () => string,
    private readonly context: CarpSenderNeeds,
    private readonly fault: CarpSendFault,
  ) {}

  capture(): Pick<CarpOutputState, 'errors' | 'successes' | 'failing'> {
    return { errors: this.#errors, successes: this.#successes, failing: [...this.#families] };
  }

  adopt(state: Pick<CarpOutputState, 'errors' | 'successes' | 'failing'>): void {
    this.#errors = state.errors;
    this.#successes = state.successes;
    this.#families = new Set(state.failing);
  }

  /** The families in which it could not send when it last tried. */
  get failing(): ReadonlySet<InetFamily> {
    return this.#families;
  }

  /**
   * Sends along every path the packet that goes out from its source.
   *
   * @param rehearses everything but the sending is done: what fails is reported if it still fails when it matters
   * @returns whether this host could send along one path at least
   */
  send(
    packetFrom: (source: InetAddress) => Uint8Array,
    paths: readonly CarpPath[],
    rehearses: boolean,
  ): boolean {
    let failed: string | undefined;
    let left = false;
    let families = NONE;
    let packet: Uint8Array | undefined;
    let from: InetAddress | undefined;
    for (const path of paths) {
      // The paths of a family have the same source, and follow each other.
      if (packet === undefined || path.source !== from) packet = packetFrom(path.source);
      from = path.source;
      const error = this.#sendOne(packet, path, rehearses);
      // As on OpenBSD, an unreachable unicast peer is the peer's failure, not ours.
      if (error === undefined || isPeersFault(error)) {
        left = true;
        continue;
      }
      failed = error.code;
      families = new Set([...families, path.family]);
    }
    if (rehearses) return false;
    if (failed === undefined) this.#succeeded();
    else this.#failed(failed, families);
    return left;
  }

  #sendOne(packet: Uint8Array, { family, socket, to }: CarpPath, rehearses: boolean): IfnetError | undefined {
    const { statistics } = this.context;
    try {
      if (rehearses) {
        socket.prepare?.(packet, to);
        return undefined;
      }
      socket.send(packet, to);
      (family === 4 ? statistics.opackets : statistics.opackets6).add();
      return undefined;
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      if (rehearses) return undefined;
      statistics.senderrors.add();
      if (error.code === 'ENOBUFS' || error.code === 'ENOMEM') statistics.onomem.add();
      this.context
        .refusalLog(`${this.name()} send ${error.code}`)
        ?.warning(
          () => `${this.name()}: cannot send an advertisement to ${to.destination}: ${error.message}`,
        );
      return error;
    }
  }

  #failed(code: string, concerned: ReadonlySet<InetFamily>): void {
    this.#families = concerned;
    this.#successes = 0;
    if (++this.#errors < MAX_ERRORS) return;
    const families = [...this.#families].map((family) => `IPv${family}`).join(' and ');
    this.fault.raise(`cannot send advertisements over ${families} (${code})`);
  }

  #succeeded(): void {
    if (this.#errors >= MAX_ERRORS && ++this.#successes < MIN_SUCCESS) return;
    this.#errors = 0;
    this.fault.clear('it can send again');
  }
}

function isPeersFault({ code }: IfnetError): boolean {
  return code === 'EHOSTDOWN' || code === 'EHOSTUNREACH' || code === 'ECONNREFUSED';
}
