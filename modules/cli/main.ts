#!/usr/bin/env -S node --inspect-port=192.0.2.1:9229 --max-semi-space-size=4
/**
 * @module
 * The first thing that runs, and on purpose almost nothing: Node opens its inspector, through which any user of this
 * machine can run code as us, when it gets SIGUSR1 and the process does not listen to that signal. Imports are loaded
 * before anything of this file runs, so the program comes in dynamically, behind the guards. The first line covers the
 * tenth of a second before that; see inspector.ts.
 *
 * The first line also keeps V8's young generation at 4 MiB a half instead of 16: what a daemon allocates lives either for a
 * packet or as long as a vhid, so that the rest would only be memory touched. A thousand vhids take 25 MiB less.
 */
import { keepInspectorShut } from './inspector.js';
import { HeldSignals } from './signals.js';

keepInspectorShut();
const signals = new HeldSignals();
const { main } = await import('./program.js');
await main(signals);
