import type { InetAddress } from '../ifnet/index.js';
import type { Fitness, GroupMember, Parting, TakeoverOccasion, VipService } from '../vip/index.js';
import type { VrrpContext } from './context.js';
import type { VrrpHeard } from './election/heard-master.js';
import type { VrrpMachineOwner, VrrpMachineSettings } from './election/machine-owner.js';
import type { VrrpOutput } from './link/output.js';
import type { VrrpSettings } from './settings/router.js';
import { hasYielded, maybeSilent, type VrrpState, type VrrpStateChange, wasBeaten } from './state.js';
import { VRRP_PRIORITY_OWNER } from './wire/header.js';

/** The virtual router that stands for election, and its parts that do what is decided. */
export interface VrrpCandidate {
  readonly name: string;
  readonly settings: VrrpSettings;
  readonly priority: number;
  readonly servedLladdr: Uint8Array | undefined;
  readonly group: GroupMember;
  readonly output: VrrpOutput;
  readonly fitness: Fitness;
  readonly service: VipService;
  /** Its interface, while it exists. */
  readonly link: { drain(): void } | undefined;
}

/** The maker of a virtual router, to which it reports. */
export interface VrrpSoftcOwner {
  /** Somebody is about to set its state. */
  commanded(state: VrrpState): void;
  /** New settings cannot be met. @param refit brings all in line with the former ones, which may fail too */
  restored(refit: () => void): void;
  /** The state and its timers are set; a new MASTER has advertised. */
  stateChanged(change: VrrpStateChange): void;
  /**
   * Another MASTER advertised, and does every `interval` ms; not judged yet.
   * @returns whether it is not to be judged: this host hands over to it
   */
  heard(peer: InetAddress, interval: number): boolean;
  /** The timer's advertisement has left, `late` ms after it was due. */
  advertised(late: number): void;
}

/** A virtual router as its state machine sees it: the decisions become advertisements, addresses and reports. */
export class VrrpElector implements VrrpMachineOwner {
  readonly #router: VrrpCandidate;
  readonly #owner: VrrpSoftcOwner;

  readonly #context: Pick<VrrpContext, 'rehearsal'>;
  /** Whether the others have been told since its last advertisement that it leaves. */
  #tookLeave = false;

  constructor(router: VrrpCandidate, owner: VrrpSoftcOwner, context: Pick<VrrpContext, 'rehearsal'>) {
    this.#router = router;
    this.#owner = owner;
    this.#context = context;
  }

  get name(): string {
    return this.#router.name;
  }

  get settings(): VrrpMachineSettings {
    return this.#router.settings;
  }

  get priority(): number {
    return this.#router.priority;
  }

  get preempt(): boolean {
    const { settings, group } = this.#router;
    return settings.preempt || settings.priority === VRRP_PRIORITY_OWNER || group.serves;
  }

  get groupServes(): boolean {
    return this.#router.group.serves;
  }

  groupOutlasts(slept: number): boolean {
    return this.#router.group.othersOutlast(slept);
  }

  get leavesTraces(): boolean {
    const { settings, servedLladdr } = this.#router;
    return servedLladdr === undefined || settings.failoverGroup !== undefined;
  }

  get source(): InetAddress | undefined {
    return this.#router.output.source;
  }

  rehearse(): void {
    this.#context.rehearsal.play(this.settings);
    this.#router.output.rehearse();
  }

  advertise(interval?: number): boolean {
    this.#tookLeave = false;
    const left = this.#router.output.advertise(interval);
    this.#router.service.advertised();
    return left;
  }

  standBack(peer: VrrpHeard): void {
    if (this.leavesTraces) this.#tookLeave = this.#router.output.standBack(peer);
  }

  resign(): void {
    this.#tookLeave = true;
    this.#router.output.resign();
  }

  advertised(late: number): void {
    this.#owner.advertised(late);
  }

  drain(): void {
    this.#router.link?.drain();
  }

  mayTakeOver(occasion: TakeoverOccasion): boolean {
    return this.#router.fitness.mayTakeOver(occasion);
  }

  announce(): void {
    this.#router.service.announce();
  }

  contested(stays: boolean): void {
    this.#router.group.contested(stays);
  }

  stateChanged(change: VrrpStateChange): void {
    const { output, fitness, group } = this.#router;
    output.follow(this.#parting(change));
    fitness.follow();
    this.#owner.stateChanged(change);
    group.changed(change, hasYielded(change.reason));
  }

  /** How it left, if another MASTER may have to be told of it. */
  #parting({ from, to, reason }: VrrpStateChange): Parting | undefined {
    if (this.leavesTraces && wasBeaten(reason)) return 'word';
    if (from !== 'MASTER' || to !== 'BACKUP' || !maybeSilent(reason) || this.#tookLeave) return undefined;
    return this.#router.servedLladdr === undefined ? 'silence' : undefined;
  }
}
