import type { Kernel } from '../../../core/index.js';
import type { CarpModule, CarpVhid } from '../../carp/index.js';

/** The standard output of `carpet carp`: JSON lines of every event with --json, else only the answers to SIGUSR1. */
export class CarpReport {
  readonly #kernel: Kernel;
  readonly #json: boolean;

  constructor(kernel: Kernel, json: boolean) {
    this.#kernel = kernel;
    this.#json = json;
    if (json) this.#follow();
  }

  /** SIGUSR1: every vhid, and every counter above zero. */
  status(carp: CarpModule): void {
    const statistics = Object.entries(carp.statistics).map(
      ([name, counter]) => [name, counter.value] as const,
    );
    if (this.#json) {
      this.#line('status', {
        demotion: carp.tunables.demotion.value,
        vhids: carp.list(),
        statistics: Object.fromEntries(statistics),
      });
      return;
    }
    for (const vhid of carp.list()) process.stdout.write(`${vhidLine(vhid)}\n`);
    for (const [name, value] of statistics) if (value > 0) process.stdout.write(`\t${name} ${value}\n`);
  }

  #follow(): void {
    const { eventhandler } = this.#kernel;
    eventhandler.register('carp_state_event', (vhid, { from, to, reason }) =>
      this.#line('state', { vhid: vhid.name, from, to, reason }),
    );
    eventhandler.register('carp_reassert_event', (vhid, peer) =>
      this.#line('reassert', { vhid: vhid.name, peer: peer.toString() }),
    );
    eventhandler.register('carp_demote_event', (demotion, delta, reason) =>
      this.#line('demote', { demotion, delta, reason }),
    );
  }

  /** `time`: ms since the epoch. */
  #line(event: string, fields: Record<string, unknown>): void {
    process.stdout.write(`${JSON.stringify({ time: this.#kernel.clock.wallTime(), event, ...fields })}\n`);
  }
}

/** As ifconfig(8) on FreeBSD, with the interface in front. */
function vhidLine(vhid: CarpVhid): string {
  const { ifname, state, advbase, settings } = vhid;
  return `${ifname}: carp: ${state} vhid ${vhid.vhid} advbase ${advbase} advskew ${settings.advskew}`;
}
