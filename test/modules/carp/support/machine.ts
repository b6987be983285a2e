import { type Random, seededRandom } from '../../../../core/index.js';
import { CarpMachine } from '../../../../modules/carp/election/machine.js';
import type { CarpMachineNeeds, CarpMachineOwner } from '../../../../modules/carp/election/machine-owner.js';
import type { CarpMachineState } from '../../../../modules/carp/handover/schema.js';
import type { CarpSettings } from '../../../../modules/carp/settings.js';
import type { CarpVoice } from '../../../../modules/carp/state.js';
import { InetAddress, type InetFamily, InetPrefix } from '../../../../modules/ifnet/index.js';
import { SleeperClock } from '../../../support/sleeping-clock.js';

/** A machine of a certain kind. */
export interface MachineOptions {
  readonly settings?: Partial<CarpSettings>;
  readonly families?: readonly InetFamily[];
  /** Another vhid of its failover group is MASTER. */
  readonly groupServes?: boolean;
  /** How demoted it is, as OpenBSD counts. */
  readonly demote?: number;
  readonly random?: Random;
  /** It takes over from a predecessor at this time, instead of starting. */
  readonly successor?: { readonly of: CarpMachineState; readonly at: number };
}

/** A vhid's state machine by itself, and what it does. Its socket holds what arrives until it is read, as a kernel's. */
export function machine(
  advskew = 0,
  preempt = false,
  {
    settings = {},
    families = [4],
    groupServes = false,
    demote = 0,
    random = seededRandom(1),
    successor,
  }: MachineOptions = {},
) {
  const clock = new SleeperClock();
  const inSocket: { units: number; demote: number }[] = [];
  const log: string[] = [];
  const sent: number[] = [];
  const announced: number[] = [];
  const rehearsed: number[] = [];
  /** Everything it asks of its vhid, with the time. */
  const calls: string[] = [];
  const call = (text: string): void => void calls.push(`${clock.now()} ${text}`);
  /** Whether the network takes its advertisements. */
  const network = { takes: true };
  /** What keeps it from taking over. */
  const fitness: { voice: CarpVoice; mayServe: boolean } = { voice: 'own', mayServe: true };
  /** Whether another member of its failover group has a claim after a sleep. */
  const group = { outlasts: false };
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
      addresses: [InetPrefix.parse('10.88.0.100/24')],
      ...settings,
    },
    preempt,
    groupServes,
    groupOutlasts: () => group.outlasts,
    families,
    advskew,
    get voice() {
      return fitness.voice;
    },
    unfit: (reason: string) => log.push(`${clock.now()} unfit ${reason}`),
    contender: (family: InetFamily) => ({
      units: 256 * (settings.advbase ?? 1) + advskew,
      demote,
      source: InetAddress.parse(family === 4 ? '10.88.0.1' : 'fe80::1'),
    }),
    rehearse: () => void rehearsed.push(clock.now()),
    advertise: () => {
      call('advertise');
      // State and timers are in place before anything is said.
      self.assertInvariants();
      sent.push(clock.now());
      return network.takes;
    },
    bowOut: () => call('bow out'),
    mayTakeOver: () => fitness.mayServe,
    drain: () => {
      for (const advert of inSocket.splice(0)) self.heard(4, { ...advert, source: undefined }, false);
    },
    afterReading: (claim: () => void) => {
      host.drain();
      claim();
    },
    stateChanged: ({ to, reason }: { to: string; reason: string }) => {
      log.push(`${clock.now()} ${to} ${reason}`);
      self.assertInvariants();
    },
    unheard: (family: InetFamily) => log.push(`${clock.now()} misses the master over IPv${family}`),
    heardAgain: (family: InetFamily) => log.push(`${clock.now()} hears it over IPv${family} again`),
    announce: () => {
      call('announce');
      announced.push(clock.now());
    },
    contested: (stays: boolean) => call(`contested, ${stays ? 'stays' : 'may yield'}`),
    reasserted: (source: InetAddress) => call(`reasserted against ${source}`),
    advertised: (late: number) => call(`advertised ${late} ms late`),
  };
  /** What it has counted. */
  const counted: Record<string, number> = {};
  const counter = (_: object, name: string) => ({
    add: () => void (counted[name] = (counted[name] ?? 0) + 1),
  });
  const statistics = new Proxy({}, { get: counter });
  const context = { clock, random, statistics };
  self = new CarpMachine(host as unknown as CarpMachineOwner, context as unknown as CarpMachineNeeds);
  if (successor === undefined) self.start('initialization complete');
  else {
    clock.advanceSync(successor.at);
    self.adopt(successor.of);
  }
  /** An advertisement that this process has read at once. */
  const hear = (units: number, demote = 0, family: InetFamily = 4, from?: string): void =>
    self.heard(family, { units, demote, source: from === undefined ? from : InetAddress.parse(from) }, false);
  /** One with our own timers: a tie, which we lose if its sender's address is not given, because it is lower than ours. */
  const hearEqual = (family: InetFamily, from = family === 4 ? '10.88.0.0' : 'fe80::'): void => {
    const source = InetAddress.parse(from);
    self.heard(family, { ...host.contender(family), source }, false);
  };
  /** The machine sleeps, and is told of it after `untold` ms. */
  const sleep = (ms: number, untold = 0): void => {
    clock.slept += ms;
    clock.advanceSync(untold);
    self.resumed(ms);
  };
  return {
    clock,
    sleep,
    inSocket,
    log,
    sent,
    announced,
    rehearsed,
    calls,
    counted,
    network,
    fitness,
    group,
    self,
    hear,
    hearEqual,
  };
}
