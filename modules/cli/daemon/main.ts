/**
 * @module
 * The process that a command leaves in the background, started by start.ts only. As in ../main.ts the guards come
 * before anything that takes time to load.
 */
import { keepInspectorShut } from '../inspector.js';
import { HeldSignals } from '../signals.js';

keepInspectorShut();
const signals = new HeldSignals();
const { serve } = await import('./serve.js');
await serve(signals);
