import type { OptionSpec } from './getopt.js';

const value = (short: string, long: string): OptionSpec => ({ short, long, value: true });
const flag = (short: string, long: string): OptionSpec => ({ short, long, value: false });

/** The options of ucarp(8), and three of our own. */
export const UCARP_OPTIONS: readonly OptionSpec[] = [
  value('i', 'interface'),
  value('s', 'srcip'),
  value('m', 'mcastip'),
  value('v', 'vhid'),
  value('p', 'pass'),
  value('o', 'passfile'),
  flag('P', 'preempt'),
  flag('n', 'neutral'),
  value('a', 'addr'),
  flag('h', 'help'),
  value('b', 'advbase'),
  value('k', 'advskew'),
  value('u', 'upscript'),
  value('d', 'downscript'),
  value('r', 'deadratio'),
  flag('D', 'debug'),
  flag('z', 'shutdown'),
  flag('B', 'daemonize'),
  flag('S', 'ignoreifstate'),
  flag('M', 'nomcast'),
  value('f', 'facility'),
  value('x', 'xparam'),
  { long: 'status-dir', value: true },
  { long: 'no-status', value: false },
  { long: 'state-dir', value: true },
];
