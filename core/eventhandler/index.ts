export type {
  CatalogueEvents,
  CpuFrequency,
  ProcessId,
  ThreadId,
} from './catalogue.js';
export {
  EventHandler,
  type EventHandlerMethod,
  type EventHandlerOptions,
  eventHandlersOf,
} from './decorator.js';
export { EventHandlerError, RunawayError } from './errors.js';
export type {
  AnyEventName,
  Declared,
  EventAnswer,
  EventArgs,
  EventHandlers,
  EventName,
  EventReturn,
  Handler,
  HandlerWithArg,
  MissingImport,
} from './events.js';
export type { EventImports } from './imports.js';
export type { EventHandlerInfo, EventHandlerListInfo } from './info.js';
export { Answers, type ResultKind } from './inquiry.js';
export { EventHandlerList } from './list.js';
export {
  EVENTHANDLER_PRI_ANY,
  EVENTHANDLER_PRI_FIRST,
  EVENTHANDLER_PRI_LAST,
  LOWMEM_PRI_DEFAULT,
  SHUTDOWN_PRI_DEFAULT,
  SHUTDOWN_PRI_FIRST,
  SHUTDOWN_PRI_LAST,
} from './priority.js';
export type { RegisterOptions } from './registration.js';
export { EventHandlerRegistry, type EventHandlerRegistryOptions } from './registry.js';
export type { CallManner, RemoteHandling } from './remote.js';
export { ResultList, type ResultOf, type ResultOptions } from './result-list.js';
export type { EventHandlerTag } from './tag.js';
export type { EventHandlerTracer, HandlerCall, HandlerWatch } from './trace.js';
export { Veto } from './veto.js';
export { unlessAborted } from './wait.js';
export type { EventsOptions, WaitOptions } from './waiting.js';
