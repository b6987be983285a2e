export { type HandlerMessage, type InvokeMessage, TRACE_CHANNELS, type TraceMessage } from './channels.js';
export { TraceModule } from './module.js';
