/** VRRP: `VrrpModule`, the virtual routers it makes, their settings, states and events. */
import './events.js';

export type { VrrpModuleSettings } from './configure/module-settings.js';
export { VrrpError } from './errors.js';
export {
  type SeenVrrpGroup,
  VrrpExplainer,
  type VrrpExplainerKnowledge,
  type VrrpExplanation,
  type VrrpFault,
  type VrrpFaultKind,
} from './explain/explainer.js';
export type { SeenVrrpWords, VrrpMastership } from './explain/mastership.js';
export { VRRP_PRI_NOTIFY, VrrpModule } from './module.js';
export type { VrrpRouter } from './router.js';
export type { VrrpRouterChanges, VrrpRouterOptions, VrrpSettings } from './settings/router.js';
export { RFC_STATES, type VrrpReason, type VrrpState, type VrrpStateChange } from './state.js';
export type { VrrpCounterName, VrrpStatistics } from './statistics.js';
export type { VrrpMasterStatus, VrrpPeerStatus, VrrpPeerWords, VrrpRouterStatus } from './status.js';
export type {
  VrrpEvidence,
  VrrpObstacle,
  VrrpWhyAnswer,
  VrrpWhyFacts,
  VrrpWhyMaster,
} from './why/view.js';
export { VRRP_CHECKSUMS, type VrrpChecksum } from './wire/checksum.js';
export { IPPROTO_VRRP } from './wire/header.js';
export { virtualRouterMac } from './wire/virtual-lladdr.js';
