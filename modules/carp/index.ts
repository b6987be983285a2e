/** CARP: `CarpModule`, the vhids it makes, their settings, states and events. */
import './events.js';

export type {
  DemotionRequest as CarpDemotionRequest,
  DemotionStatus as CarpDemotionStatus,
  DemotionTarget as CarpDemotionTarget,
} from '../vip/index.js';

export { type Holder as CarpVhidHolder, type VhidClash, vhidClashes } from './configure/clashes.js';
export {
  CARP_MAX_VHIDS,
  type CarpModuleSettings,
  TOO_MANY_VHIDS,
} from './configure/module-settings.js';
export { CARP_DIALECTS, type CarpDialect } from './dialect.js';
export { CarpError } from './errors.js';
export { CarpExplainer, type ExplainerKnowledge, type SeenGroup } from './explain/explainer.js';
export {
  type Check,
  type Explanation,
  type Fault,
  type FaultKind,
  type SeenPacket,
  type SeenWords,
  verdictText,
} from './explain/explanation.js';
export type { CarpMastership, CarpSeenMaster } from './explain/mastership.js';
export { sealClock } from './explain/seal-claim.js';
export { CARP_PRI_NOTIFY, CarpModule } from './module.js';
export { CARP_SEAL_MODES, type CarpSealMode } from './seal/mode.js';
export {
  type CarpSettings,
  type CarpVhidChanges,
  type CarpVhidOptions,
  checkVhidOptions,
} from './settings.js';
export type { CarpReason, CarpState, CarpStateChange, CarpTakeoverReason } from './state.js';
export type { CarpCounterName, CarpStatistics } from './statistics.js';
export type {
  CarpEvidence,
  CarpMasterStatus,
  CarpPeerStatus,
  CarpPeerWords,
  CarpVhidStatus,
} from './status.js';
export type { CarpVhid } from './vhid.js';
export type { WhyAnswer, WhyChange, WhyFacts, WhyMaster, WhyObstacle } from './why/view.js';
export { IPPROTO_CARP } from './wire/header.js';
export { servedLladdr, virtualLladdr } from './wire/virtual-lladdr.js';
