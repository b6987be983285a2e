/**
 * @module
 * `carpet vrrp`: one virtual router on this machine, from options. For more of them, and beside CARP: `carpet up`.
 */
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { list, pairs, wholeNumber } from '../options.js';
import type { RouterOptions } from './router.js';

interface Options extends RouterOptions {
  readonly sysctl: Record<string, string>;
  readonly json?: boolean;
  readonly capabilities: string;
}

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  command
    .requiredOption('-i, --interface <name>', 'the interface')
    .requiredOption('-v, --vrid <n>', 'the number of the virtual router, 1 to 255', wholeNumber())
    .requiredOption('-a, --addr <address/length>', 'a shared address; may be repeated', list, [])
    .option(
      '-p, --priority <n>',
      '1 to 254, the highest is preferred; 255: it owns the addresses',
      wholeNumber(),
    )
    .option('-t, --interval <ms>', 'between advertisements; version 2: whole seconds', wholeNumber())
    .option('-2, --v2', 'speak version 2, of RFC 3768, as keepalived does by default')
    .option('-o, --passfile <file>', 'file whose first line is the password of version 2, 8 bytes at most')
    .option('--no-preempt', 'do not replace a master of a lower priority')
    .option('--preempt-delay <ms>', 'how long that one must be heard first', wholeNumber())
    .option('--peer <address>', 'a unicast peer; may be repeated', list, [])
    .option('--checksum <kind>', 'of version 3 over IPv4: pseudo-header, rfc9568 or old-unicast')
    .option(
      '--no-virtual-mac',
      "serve the addresses from the interface's own MAC, as keepalived does by default",
    )
    .option('--no-accept', 'drop what is addressed to the addresses, unless this host owns them')
    .option('--sysctl <name=value>', 'set a sysctl; may be repeated', pairs, {})
    .option('--json', 'print state changes on standard output, one JSON object a line')
    .option('--capabilities <list>', 'keep only these, as net_admin,net_raw; none; all', 'net_admin,net_raw')
    .action(async (options: Options) => {
      const { routerOf } = await import('./router.js');
      const { runVrrp } = await import('./run.js');
      const { sysctl, json = false, capabilities } = options;
      await runVrrp({ router: (warn) => routerOf(options, warn), sysctl, json, capabilities }, cli);
    });
}
