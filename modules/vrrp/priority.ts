import { type Demotable, type DemotionLedger, type DemotionStatus, recordStatus } from '../vip/index.js';
import type { VrrpSettings } from './settings/router.js';
import { VRRP_PRIORITY_LEAST, VRRP_PRIORITY_OWNER } from './wire/header.js';

/** keepalived's limit of what weights can make of a priority, as the least one is. */
const MAX_PRIORITY = 254;
/** What a virtual router is demoted by while another one of its failover group is out of service. */
const GROUP_DEMOTION = 240;

/** The virtual router whose priority it is. */
export interface VrrpPriorityOwner extends Demotable {
  readonly settings: VrrpSettings;
}

/** Where demotion comes from. */
export interface VrrpPriorityNeeds {
  readonly demotion: DemotionLedger;
  readonly group: { readonly impaired: boolean };
}

/**
 * The priority that is sent: the one of the settings less every demotion in force, within 1 to 254, as keepalived adds up
 * its weights. An owner stays one: no weight changes 255. One that is drained, though it be the owner, has the lowest, so that
 * every peer is preferred, and keeps what it has taken over.
 */
export class VrrpPriority {
  constructor(
    private readonly owner: VrrpPriorityOwner,
    private readonly needs: VrrpPriorityNeeds,
  ) {}

  get value(): number {
    const { priority } = this.owner.settings;
    const { demotion, group } = this.needs;
    if (demotion.isDrained(this.owner)) return VRRP_PRIORITY_LEAST;
    if (priority === VRRP_PRIORITY_OWNER) return priority;
    const demoted = demotion.sum + demotion.local(this.owner) + (group.impaired ? GROUP_DEMOTION : 0);
    return Math.max(VRRP_PRIORITY_LEAST, Math.min(MAX_PRIORITY, priority - demoted));
  }

  /** Every cause in force. @param now the kernel's clock in ms */
  causes(now: number): DemotionStatus[] {
    const { demotion, group } = this.needs;
    const lines = demotion.concerning(this.owner).map((record) => recordStatus(record, now));
    if (group.impaired)
      lines.push({
        by: 'vrrp',
        on: this.owner.name,
        reason: `failover group ${this.owner.settings.failoverGroup} is incomplete`,
        amount: GROUP_DEMOTION,
      });
    return lines;
  }
}
