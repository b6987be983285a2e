/** What keeps CARP from working on a host and its network: examined once, for `carpet doctor`. */
export { CARP_GROUPS, type Diagnosis, type DoctorTap, type Examination, examine } from './doctor.js';
export type { Finding, FindingCode } from './finding.js';
export { hostFacts } from './linux/facts.js';
export { ETHERTYPE_PROBE, IPPROTO_PROBE } from './listen/probe.js';
export { type HostFacts, nameOf, type SubjectVhid } from './subject.js';
