#!/usr/bin/env -S node --inspect-port=192.0.2.1:9229
/**
 * The first thing that runs, and on purpose almost nothing: Node opens its inspector, a door through which every user
 * of this machine may run code as us, when it gets SIGUSR1 and nobody listens to that signal. Imports are loaded
 * before anything of this file runs, so the program comes in dynamically, behind the guard. The first line covers the
 * tenth of a second before that; see inspector.ts.
 */
import { keepInspectorShut } from './inspector.js';

keepInspectorShut();
await import('./program.js');
