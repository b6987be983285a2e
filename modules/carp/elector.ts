import type { InetAddress, InetFamily } from '../ifnet/index.js';
import type { Fitness, GroupMember, Parting, TakeoverOccasion, VipService } from '../vip/index.js';
import type { CarpContext } from './context.js';
import type { CarpStanding } from './demotion/standing.js';
import type { CarpContender } from './election/election.js';
import type { CarpMachineOwner } from './election/machine-owner.js';
import type { CarpFamilyReport } from './link/family-report.js';
import type { HeardMaster } from './link/heard-master.js';
import type { CarpOutput } from './link/output.js';
import type { CarpSettings } from './settings.js';
import type { CarpSoftcOwner } from './softc-owner.js';
import {
  type CarpReason,
  type CarpStateChange,
  type CarpVoice,
  hasYielded,
  maybeSilent,
  wasBeaten,
} from './state.js';

/** The vhid that stands for election, and its parts that do what is decided. */
export interface CarpCandidate {
  readonly name: string;
  readonly settings: CarpSettings;
  readonly preempt: boolean;
  readonly families: readonly InetFamily[];
  readonly advskew: number;
  readonly heardMaster: HeardMaster;
  readonly group: GroupMember;
  readonly standing: CarpStanding;
  readonly output: CarpOutput;
  readonly fitness: Fitness;
  readonly report: CarpFamilyReport;
  readonly service: VipService;
  /** Its interface, while it exists. */
  readonly carpIf:
    | { drain(): void; afterReading(claim: () => void): void; missed(family: InetFamily): void }
    | undefined;
}

/** A vhid as its state machine sees it: the decisions become advertisements, addresses and reports. */
export class CarpElector implements CarpMachineOwner {
  readonly #vhid: CarpCandidate;
  readonly #owner: CarpSoftcOwner;
  readonly #context: Pick<CarpContext, 'rehearsal'>;
  /** Whether the others have been told since its last advertisement that it leaves. */
  #tookLeave = false;

  constructor(vhid: CarpCandidate, owner: CarpSoftcOwner, context: Pick<CarpContext, 'rehearsal'>) {
    this.#vhid = vhid;
    this.#owner = owner;
    this.#context = context;
  }

  get name(): string {
    return this.#vhid.name;
  }

  get settings(): CarpSettings {
    return this.#vhid.settings;
  }

  get preempt(): boolean {
    return this.#vhid.preempt;
  }

  get families(): readonly InetFamily[] {
    return this.#vhid.families;
  }

  get advskew(): number {
    return this.#vhid.advskew;
  }

  get groupServes(): boolean {
    return this.#vhid.group.serves;
  }

  groupOutlasts(slept: number): boolean {
    return this.#vhid.group.othersOutlast(slept);
  }

  get voice(): CarpVoice {
    return this.#vhid.output.voice;
  }

  contender(family: InetFamily): CarpContender {
    return this.#vhid.standing.contender(this.#vhid.output.source(family));
  }

  rehearse(): void {
    this.drain();
    this.#context.rehearsal.play(this.settings);
    this.#vhid.output.rehearse();
  }

  advertise(): boolean {
    this.#tookLeave = false;
    const left = this.#vhid.output.advertise();
    this.#vhid.service.advertised();
    return left;
  }

  advertised(late: number): void {
    this.#owner.advertised(late);
  }

  bowOut(): void {
    this.#tookLeave = true;
    this.#vhid.output.bowOut();
  }

  afterReading(claim: () => void): void {
    const { carpIf } = this.#vhid;
    if (carpIf === undefined) claim();
    else carpIf.afterReading(claim);
  }

  drain(late = 0): void {
    this.#vhid.heardMaster.timerLate = late;
    this.#vhid.carpIf?.drain();
  }

  unfit(reason: CarpReason): void {
    this.#vhid.report.unfit(reason, this.families);
  }

  unheard(family: InetFamily): void {
    this.#vhid.report.unheard(family);
    this.#vhid.carpIf?.missed(family);
  }

  heardAgain(family: InetFamily): void {
    this.#vhid.report.heardAgain(family);
  }

  announce(contested?: boolean): void {
    this.#vhid.service.announce(contested);
  }

  contested(stays: boolean): void {
    this.#vhid.group.contested(stays);
  }

  reasserted(peer: InetAddress): void {
    this.#owner.reasserted(peer);
  }

  mayTakeOver(reason: CarpReason): boolean {
    return this.#vhid.fitness.mayTakeOver(occasionOf(reason));
  }

  stateChanged(change: CarpStateChange, silent: boolean): void {
    const { output, fitness, group } = this.#vhid;
    output.follow(silent ? undefined : this.#parting(change));
    fitness.follow();
    this.#owner.stateChanged(change);
    group.changed(change, hasYielded(change.reason));
  }

  /** How it left, if another MASTER may have to be told of it. */
  #parting({ from, to, reason }: CarpStateChange): Parting | undefined {
    if (wasBeaten(reason)) return 'word';
    const silent = from === 'MASTER' && to === 'BACKUP' && maybeSilent(reason) && !this.#tookLeave;
    return silent ? 'silence' : undefined;
  }
}

/** What such a takeover is to the service of the addresses. */
function occasionOf(reason: CarpReason): TakeoverOccasion {
  if (reason === 'master timed out') return 'silence';
  return reason === 'master will time out' ? 'bow-out' : 'contest';
}
