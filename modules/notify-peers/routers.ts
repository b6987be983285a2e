import type { Clock } from '../../core/index.js';
import type { Ifnet } from '../ifnet/index.js';

/** So long an answer of the host is taken to be right, in milliseconds: to ask takes as long as to announce ten addresses. */
const FRESH_MS = 1000;

interface Answer {
  readonly isRouter: boolean;
  readonly until: number;
}

/**
 * Which interfaces are a router's, as neighbour advertisements have to say: those that forward IPv6, for so the host itself
 * answers solicitations (Linux: ndisc_recv_ns in net/ipv6/ndisc.c). At an advertisement of its router that does not say so, a
 * client removes that from its default routers (RFC 4861 section 7.2.5).
 */
export class Routers {
  readonly #clock: Clock;
  readonly #answers = new WeakMap<Ifnet, Answer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(ifp: Ifnet): boolean {
    const now = this.#clock.now();
    const known = this.#answers.get(ifp);
    if (known !== undefined && now < known.until) return known.isRouter;
    const isRouter = (ifp.ownSysctl(6, 'forwarding') ?? 0) > 0;
    this.#answers.set(ifp, { isRouter, until: now + FRESH_MS });
    return isRouter;
  }
}
