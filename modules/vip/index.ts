/**
 * A shared address, whatever protocol decides which host has it: putting it in place, its lifetime, announcing it, and
 * what demotes a host. For modules that are such a protocol.
 *
 * @module
 */
import './events.js';

export { ADVERT_GRID_MS, alignToGrid } from './advert-grid.js';
export { AnswerLimit } from './answer-limit.js';
export { NumberClaims } from './claim/number-claims.js';
export type { VipContext } from './context.js';
export type { Demotable } from './demotion/demotable.js';
export { Fault, type FaultKind, type FaultNeeds, type FaultOwner } from './demotion/fault.js';
export {
  DemotionLedger,
  type DemotionLedgerNeeds,
  type DemotionListener,
  type DemotionNode,
} from './demotion/ledger.js';
export {
  DemotionEntry,
  type DemotionLine,
  type DemotionRequest,
  type DemotionTarget,
} from './demotion/line.js';
export { type DemotionRecord, type DemotionStatus, recordStatus } from './demotion/records.js';
export { VipError } from './errors.js';
export {
  type MasterChange,
  Mastership,
  type MastershipRules,
  type SeenMaster,
} from './explain/mastership.js';
export { type PlaceFault, placeFaults, type SeenOnLink } from './explain/seen.js';
export { FailoverGroups, type FailoverMember } from './group/failover-group.js';
export { type GroupMachine, GroupMember } from './group/group-member.js';
export { GoingOn, type GoingOnOwner, type PresentState } from './handover/going-on.js';
export { heirs, type PresentReport, reportInSlices } from './handover/heirs.js';
export {
  type ChronicleState,
  chronicleSchema,
  type DemotionLedgerState,
  type FaultState,
  type FitnessState,
  faultSchema,
  fitnessSchema,
  type LastWordState,
  lastWordSchema,
  ledgerSchema,
  serviceSchema,
  type VipServiceState,
} from './handover/schema.js';
export { StandbyQueue } from './handover/standby-queue.js';
export { timeFromJson, timeToJson } from './handover/times.js';
export { adoptTunables, captureTunables } from './handover/tunables.js';
export { LAST_WORD_MS, LastWord, lastWordsTake, type Parting } from './last-word.js';
export type { LeavingVip } from './maintenance/hand-over.js';
export type { MaintainedProtocol, MaintainedVip } from './maintenance/maintained.js';
export {
  type Drained,
  type DrainOptions,
  Maintenance,
  type MaintenanceNeeds,
} from './maintenance/maintenance.js';
export { type MaintenanceVerbsOwner, registerMaintenanceVerbs } from './maintenance/verbs.js';
export { VIP_PRI_STATE, VipModule, type VipProtocol, type VipShared } from './module.js';
export {
  type HeardPeerState,
  type HeardPeerStatus,
  HeardPeers,
  type PeerWording,
} from './peer/heard-peers.js';
export { type Virtual, VirtualTable } from './place/virtual-table.js';
export {
  type AddressProvider,
  BUILTIN_PROVIDERS,
  isLocal,
  type ProvidedRequest,
  putsInPlace,
} from './provider/provider.js';
export { AddressProviders, type ProviderRegistration } from './provider/registry.js';
export { RouteHolders } from './route/holders.js';
export type { RouteSetting, RuleSetting } from './route/settings.js';
export { Fitness, type FitnessOwner, type TakeoverOccasion } from './service/fitness.js';
export { Leases, type Renewable } from './service/leases.js';
export { isMarked, VIP_ADDRESS_PROTOCOL } from './service/mark.js';
export type { VipServiceOwner, VipServiceSettings } from './service/owner.js';
export { VipService } from './service/service.js';
export { Starts } from './service/starts.js';
export { Tenancy, type Tenant } from './service/tenancy.js';
export type { Trouble } from './service/trouble.js';
export { serviceSettings } from './settings/service.js';
export { settingsText, settingText } from './settings/text.js';
export {
  about,
  group,
  hostAddress,
  inetAddress,
  inetPrefix,
  integer,
  linkAddress,
  milliseconds,
  ofFamily,
  sharedAddress,
  words,
} from './settings/values.js';
export type { VipState, VipStateChange } from './state.js';
export { TakeoverTimer, type TakeoverTimerOwner } from './takeover-timer.js';
export type { Successor, Vip, VipSettings } from './vip.js';
export type { SeenChange } from './why/change.js';
export { Chronicle, type ChronicleNeeds } from './why/chronicle.js';
export { type Outlook, outlook } from './why/outlook.js';
export {
  COMMON_OBSTACLES,
  changeSentences,
  mastershipSentence,
  nextSentence,
  stateSentence,
  timeDetail,
  type WhyNext,
} from './why/sentences.js';
export { PAUSED, type Silence, silenceText } from './why/silence.js';
export { asOf, isLiveAt, secondsText } from './why/text.js';
export type { Explained } from './why/verb.js';
export { type Protocol112, protocolOf, VRRP3_VERSION_TYPE } from './wire/protocol-112.js';
