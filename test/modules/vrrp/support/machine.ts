import { seededRandom } from '../../../../core/index.js';
import { InetAddress } from '../../../../modules/ifnet/index.js';
import { VrrpMachine } from '../../../../modules/vrrp/election/machine.js';
import type { VrrpMachineSettings } from '../../../../modules/vrrp/election/machine-owner.js';
import { SleeperClock } from '../../../support/sleeping-clock.js';

export const OWN = '10.88.0.5';
export const LOWER = '10.88.0.1';
export const HIGHER = '10.88.0.9';

export interface Given extends Partial<VrrpMachineSettings> {
  readonly priority?: number;
  readonly preempt?: boolean;
  readonly started?: boolean;
  readonly leavesTraces?: boolean;
  readonly groupServes?: boolean;
  /** Of its random numbers. */
  readonly seed?: number;
}

/** A virtual router's state machine by itself, and what it does. Its socket holds what arrives until it is read. */
export class Bench {
  readonly clock = new SleeperClock();
  /** `0 BACKUP initialization complete` */
  readonly log: string[] = [];
  /** When it advertised, and with which priority: 0 when it resigned. */
  readonly sent: [time: number, priority: number][] = [];
  readonly announced: number[] = [];
  readonly rehearsed: number[] = [];
  readonly contests: boolean[] = [];
  /** By how many ms each advertisement that left by its timer was late. */
  readonly lateness: number[] = [];
  readonly counted: Record<string, number> = {};
  readonly inSocket: (() => void)[] = [];
  readonly machine: VrrpMachine;
  priority: number;
  /** The interval of its last advertisement, if that was not its own. */
  said: number | undefined;
  /** When it has told a MASTER that it stands back. */
  readonly stoodBack: number[] = [];
  able = true;
  /** Whether another member of its failover group has a claim after a sleep. */
  groupOutlasts = false;
  /** Whether the network takes its advertisements. */
  leaves = true;

  constructor({
    priority = 100,
    preempt = true,
    started = true,
    leavesTraces = false,
    groupServes = false,
    seed = 1,
    ...settings
  }: Given = {}) {
    this.priority = priority;
    const { clock } = this;
    const present = (): number => this.priority;
    const counter = (name: string) => ({
      add: () => void (this.counted[name] = (this.counted[name] ?? 0) + 1),
    });
    this.machine = new VrrpMachine(
      {
        name: '7@eth0',
        settings: {
          version: 3,
          interval: 1000,
          downAdverts: 3,
          preemptDelay: 0,
          ...settings,
        },
        get priority() {
          return present();
        },
        preempt: preempt || priority === 255,
        leavesTraces,
        groupServes,
        groupOutlasts: () => this.groupOutlasts,
        source: InetAddress.parse(OWN),
        advertise: (said) => {
          this.sent.push([clock.now(), this.priority]);
          this.said = said;
          return this.leaves;
        },
        rehearse: () => void this.rehearsed.push(clock.now()),
        resign: () => void this.sent.push([clock.now(), 0]),
        standBack: () => void this.stoodBack.push(clock.now()),
        advertised: (late) => void this.lateness.push(late),
        drain: () => {
          for (const read of this.inSocket.splice(0)) read();
        },
        mayTakeOver: () => this.able,
        stateChanged: ({ to, reason }) => void this.log.push(`${clock.now()} ${to} ${reason}`),
        announce: () => void this.announced.push(clock.now()),
        contested: (stays) => void this.contests.push(stays),
      },
      {
        clock,
        random: seededRandom(seed),
        statistics: {
          become_master: counter('become_master'),
          asserts: counter('asserts'),
          pauses: counter('pauses'),
          prio_zero_heard: counter('prio_zero_heard'),
        },
      },
    );
    if (started) this.machine.start('initialization complete');
  }

  /** @param age ms since it came to this host */
  hear(priority: number, from = LOWER, interval = 1000, age = 0): void {
    const at = this.clock.now() - age;
    this.machine.heard({ priority, source: InetAddress.parse(from), interval }, at);
    this.machine.assertInvariants();
  }

  /** Time passes; the invariants hold. */
  pass(ms: number): void {
    this.clock.advanceSync(ms);
    this.machine.assertInvariants();
  }

  /** The machine sleeps, and is told of it after `untold` ms. */
  sleep(ms: number, untold = 0): void {
    this.clock.slept += ms;
    this.pass(untold);
    this.machine.resumed(ms);
    this.machine.assertInvariants();
  }

  /** As MASTER after a silence. */
  static master(given: Given = {}): Bench {
    const bench = new Bench(given);
    bench.pass(bench.machine.deadTime);
    bench.log.length = 0;
    bench.sent.length = 0;
    return bench;
  }
}
