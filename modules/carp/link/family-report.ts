import type { InetFamily } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpReason } from '../state.js';

/** What to look at where a family is missing. */
const REMEDIES: Readonly<Record<InetFamily, string>> = {
  4: 'a missing IPv4 address, a firewall that drops protocol 112, a switch that filters multicast (IGMP snooping)',
  6: 'IPv6 switched off (disable_ipv6), an MTU below 1280, a switch that filters multicast (MLD snooping)',
};

type CarpFamilyReportNeeds = Pick<CarpContext, 'statistics' | 'refusalLog'>;

/** Counts and logs in which family a vhid does not hear, or is not heard. */
export class CarpFamilyReport {
  /** @param name the vhid's, `1@eth0` */
  constructor(
    private readonly name: () => string,
    private readonly needs: CarpFamilyReportNeeds,
  ) {}

  /** A BACKUP hears the master, but not in this family. */
  unheard(family: InetFamily): void {
    this.needs.statistics.unheard.add();
    const name = this.name();
    this.needs
      .refusalLog(`${name} IPv${family} unheard`)
      ?.warning(
        () =>
          `${name}: the master is heard, but not over IPv${family}; staying BACKUP. On both hosts and between them ` +
          `look for ${REMEDIES[family]}`,
      );
  }

  /** A MASTER cannot advertise in this family. */
  mute(family: InetFamily): void {
    this.needs.statistics.senderrors.add();
    const name = this.name();
    this.needs
      .refusalLog(`${name} IPv${family} mute`)
      ?.warning(() => `${name}: cannot advertise over IPv${family}: ${this.#lack(family)}`);
  }

  /** A BACKUP would take over, and cannot advertise itself. */
  unfit(reason: CarpReason, families: readonly InetFamily[]): void {
    const name = this.name();
    this.needs
      .refusalLog(`${name} unfit`)
      ?.warning(
        () =>
          `${name}: not taking over (${reason}): ${families.map((family) => this.#lack(family)).join(', ')}`,
      );
  }

  /** It is heard in this family again. */
  heardAgain(family: InetFamily): void {
    const name = this.name();
    this.needs
      .refusalLog(`${name} IPv${family} heard again`)
      ?.notice(() => `${name}: the master is heard over IPv${family} again`);
  }

  #lack(family: InetFamily): string {
    return `its interface has no IPv${family} address of its own, or no socket, to advertise from`;
  }
}
