import { seededRandom, VirtualClock } from '../../../../core/index.js';
import { CarpMachine } from '../../../../modules/carp/election/machine.js';
import type { CarpMachineNeeds, CarpMachineOwner } from '../../../../modules/carp/election/machine-owner.js';
import type { CarpSettings } from '../../../../modules/carp/settings.js';
import { InetAddress, type InetFamily } from '../../../../modules/ifnet/index.js';

/** A vhid's state machine by itself, and what it does. Its socket holds what arrives until it is read, as a kernel's. */
export function machine(
  advskew = 0,
  preempt = false,
  {
    settings = {},
    families = [4],
  }: { settings?: Partial<CarpSettings>; families?: readonly InetFamily[] } = {},
) {
  const clock = new VirtualClock();
  const inSocket: { units: number; demote: number }[] = [];
  const log: string[] = [];
  const sent: number[] = [];
  const announced: number[] = [];
  const rehearsed: number[] = [];
  let self!: CarpMachine;
  const host = {
    name: '1@eth0',
    settings: {
      advbase: 1,
      advskew,
      deadRatio: 3,
      election: 'auto',
      bowOut: true,
      delayedGarp: true,
      preemptDelay: 0,
      ...settings,
    },
    preempt,
    families,
    advskew,
    voice: 'own',
    unfit: (reason: string) => log.push(`${clock.now()} unfit ${reason}`),
    contender: (family: InetFamily) => ({
      units: 256 * (settings.advbase ?? 1) + advskew,
      demote: 0,
      source: InetAddress.parse(family === 4 ? '10.88.0.1' : 'fe80::1'),
    }),
    rehearse: () => void rehearsed.push(clock.now()),
    advertise: () => void sent.push(clock.now()),
    bowOut: () => {},
    mayTakeOver: () => true,
    drain: () => {
      for (const advert of inSocket.splice(0)) self.heard(4, { ...advert, source: undefined }, false);
    },
    stateChanged: ({ to, reason }: { to: string; reason: string }) =>
      log.push(`${clock.now()} ${to} ${reason}`),
    unheard: (family: InetFamily) => log.push(`${clock.now()} misses the master over IPv${family}`),
    heardAgain: (family: InetFamily) => log.push(`${clock.now()} hears it over IPv${family} again`),
    announce: () => void announced.push(clock.now()),
    contested: () => {},
    reasserted: () => {},
    advertised: () => {},
  };
  const counter = () => ({ value: 0, add: () => {} });
  const statistics = new Proxy({}, { get: counter });
  const context = { clock, random: seededRandom(1), statistics };
  self = new CarpMachine(host as unknown as CarpMachineOwner, context as unknown as CarpMachineNeeds);
  self.start('initialization complete');
  /** An advertisement that this process has read at once. */
  const hear = (units: number, demote = 0, family: InetFamily = 4): void =>
    self.heard(family, { units, demote, source: undefined }, false);
  /** One with our own timers: a tie, which we lose if its sender's address is not given, because it is lower than ours. */
  const hearEqual = (family: InetFamily, from = family === 4 ? '10.88.0.0' : 'fe80::'): void => {
    const source = InetAddress.parse(from);
    self.heard(family, { ...host.contender(family), source }, false);
  };
  return { clock, inSocket, log, sent, announced, rehearsed, self, hear, hearEqual };
}
