export { VerbError, type VerbErrorCode } from './errors.js';
export { table } from './table.js';
export type {
  AnswerVerb,
  StreamVerb,
  Verb,
  VerbAccess,
  VerbCall,
  VerbCaller,
  VerbInfo,
} from './verb.js';
export { type VerbEntry, Verbs } from './verbs.js';
