#!/usr/bin/env -S node --inspect-port=192.0.2.1:9229
/**
 * @module
 * The first thing that runs, and on purpose almost nothing: Node opens its inspector, through which any user of this
 * machine can run code as us, when it gets SIGUSR1 and the process does not listen to that signal. Imports are loaded
 * before anything of this file runs, so the program comes in dynamically, behind the guards. The first line covers the
 * tenth of a second before that; see inspector.ts.
 */
import { keepInspectorShut } from './inspector.js';
import { HeldSignals } from './signals.js';

keepInspectorShut();
const signals = new HeldSignals();
const { main } = await import('./program.js');
await main(signals);
