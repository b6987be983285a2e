import { resolve } from 'node:path';
import type { DaemonContext } from '../command-entry.js';
import { parseOptions, type UcarpOptions } from './options.js';
import { runUcarp } from './run.js';

/** `carpet ucarp --daemonize` in the background. @param args as typed */
export async function serve(args: readonly string[], { signals, started }: DaemonContext): Promise<void> {
  const options = parseOptions(args) as UcarpOptions; // not 'help': the command in the foreground has looked
  const { upscript, downscript } = options.settings;
  const scripts = { ...absolute('upscript', upscript), ...absolute('downscript', downscript) };
  const inRoot = { ...options, settings: { ...options.settings, ...scripts } };
  process.chdir('/'); // a daemon must not keep a file system from being unmounted
  await runUcarp(inRoot, { console: false, signals, started });
}

/** Scripts are named as seen from where the command was typed. */
function absolute(name: 'upscript' | 'downscript', file: string | undefined): object {
  return file === undefined ? {} : { [name]: resolve(file) };
}
