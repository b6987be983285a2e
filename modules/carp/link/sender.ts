import { IfnetError, type IpDestination, type IpSocket } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';

/** FreeBSD's CARP_SENDAD_MAX_ERRORS and CARP_SENDAD_MIN_SUCCESS. */
const MAX_ERRORS = 3;
const MIN_SUCCESS = 3;

/** One destination, and the socket that reaches it. */
export interface CarpPath {
  readonly family: 4 | 6;
  readonly socket: IpSocket;
  readonly to: IpDestination;
}

type CarpSenderNeeds = Pick<CarpContext, 'statistics' | 'tunables' | 'demotion' | 'refusalLog'>;

/**
 * Sends the advertisements of one vhid: one build per tick, then one system call per peer and family. Failures in a row
 * demote this host, as on FreeBSD: it should not be MASTER of what it cannot advertise.
 */
export class CarpSender {
  #errors = 0;
  #successes = 0;
  #demoted = 0;

  constructor(
    private readonly name: () => string,
    private readonly context: CarpSenderNeeds,
  ) {}

  /** Sends the packet along every path. */
  send(packet: Uint8Array, paths: readonly CarpPath[]): void {
    let failed: string | undefined;
    for (const path of paths) {
      const error = this.#sendOne(packet, path);
      // As on OpenBSD, an unreachable unicast peer is the peer's failure, not ours.
      if (error !== undefined && !isPeersFault(error)) failed = error.code;
    }
    if (failed === undefined) this.#succeeded();
    else this.#failed(failed);
  }

  /** Takes back what was added to the demotion. */
  reset(): void {
    this.#errors = 0;
    this.#successes = 0;
    this.#setDemotion(0, 'vhid removed');
  }

  #sendOne(packet: Uint8Array, { family, socket, to }: CarpPath): IfnetError | undefined {
    const { statistics } = this.context;
    try {
      socket.send(packet, to);
      (family === 4 ? statistics.opackets : statistics.opackets6).add();
      return undefined;
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
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

  #failed(code: string): void {
    this.#successes = 0;
    if (++this.#errors === MAX_ERRORS) {
      this.#setDemotion(this.context.tunables.senderrDemotionFactor.value, `send error ${code}`);
    }
  }

  #succeeded(): void {
    if (this.#errors >= MAX_ERRORS && ++this.#successes < MIN_SUCCESS) return;
    this.#errors = 0;
    this.#successes = 0;
    this.#setDemotion(0, 'send ok');
  }

  #setDemotion(value: number, reason: string): void {
    const delta = value - this.#demoted;
    if (delta === 0) return;
    this.#demoted = value;
    this.context.demotion.adjust(delta, `${reason} on ${this.name()}`);
  }
}

function isPeersFault({ code }: IfnetError): boolean {
  return code === 'EHOSTDOWN' || code === 'EHOSTUNREACH' || code === 'ECONNREFUSED';
}
