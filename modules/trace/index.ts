export {
  type CallMessage,
  type HandlerMessage,
  type InvokeMessage,
  TRACE_CALLS,
  TRACE_CHANNELS,
  type TraceMessage,
} from './channels.js';
export { TraceModule } from './module.js';
