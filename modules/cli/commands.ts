import type { Command } from 'commander';
import type { Cli } from './cli.js';
import type { HeldSignals } from './signals.js';

/** One command of `carpet`. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `carpet --help`. */
  readonly summary: string;
  /** Imports the command's file when the command is typed: `() => import('./NAME/command.js')`. */
  readonly load: () => Promise<CommandFile>;
  /**
   * The command starts a kernel that runs until a signal ends it: signals are held from the process's first statement
   * until the command releases `cli.signals`. Without this, they have their default effect from the beginning.
   */
  readonly serves?: boolean;
  /** Imports what the command leaves in the background; see daemon/start.ts. */
  readonly daemon?: () => Promise<DaemonFile>;
}

/** What a command.ts exports: `define`, or `run` for a command whose options have a syntax of their own. */
export type CommandFile =
  | {
      /** Adds the command's options and its action. The global options are already there. */
      define(command: Command, cli: Cli): void;
    }
  | {
      /** Runs the command with everything behind its name. */
      run(args: readonly string[], cli: Cli): Promise<void>;
    };

/** What a command's daemon.ts exports. */
export interface DaemonFile {
  /** Runs the command in the background: calls `started` when it runs, throws if it cannot start. */
  readonly serve: (args: readonly string[], daemon: DaemonContext) => Promise<void>;
}

/** What the daemon process gives to a command's `serve`. */
export interface DaemonContext {
  /** Held until `serve` releases them. */
  readonly signals: HeldSignals;
  /** Lets the command in the foreground end. */
  readonly started: () => void;
}

/** The commands in the order of `carpet --help`. To add one: a folder with a command.ts, and an entry here. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'show a failover between three hosts on a virtual LAN',
    load: () => import('./demo/command.js'),
  },
  {
    name: 'ucarp',
    summary: 'share an address with ucarp, FreeBSD or OpenBSD peers; the options are those of ucarp(8)',
    load: () => import('./ucarp/command.js'),
    serves: true,
    daemon: () => import('./ucarp/daemon.js'),
  },
  {
    name: 'devd',
    summary: 'run actions on kernel events, as devd(8) does; check and try its rules',
    load: () => import('./devd/command.js'),
    serves: true,
    daemon: () => import('./devd/daemon.js'),
  },
  {
    name: 'monitor',
    summary: 'show kernel events as they happen',
    load: () => import('./monitor/command.js'),
  },
  {
    name: 'carp',
    summary: 'share addresses between hosts: CARP on this machine',
    load: () => import('./carp/command.js'),
    serves: true,
  },
  {
    name: 'ifconfig',
    summary: 'show the network interfaces',
    load: () => import('./ifconfig/command.js'),
  },
  {
    name: 'notify-peers',
    summary: "announce an interface's addresses: gratuitous ARP, neighbour advertisements",
    load: () => import('./notify-peers/command.js'),
  },
  verb('kldload', 'load a module into the running kernel'),
  verb('kldunload', 'unload a module from the running kernel'),
  verb('kldstat', "list the running kernel's modules"),
  {
    name: 'sysctl',
    summary: 'show and change the sysctls of the running kernel',
    load: () => import('./sysctl/command.js'),
  },
  verb('eventhandler', "show the running kernel's event lists and their handlers"),
  {
    name: 'dmesg',
    summary: 'show what the running kernel has logged',
    load: () => import('./dmesg/command.js'),
  },
  verb('inspect', 'show the running kernel at this moment'),
];

/** A command that is a verb of the running kernel: it is described and carried out there. */
function verb(name: string, summary: string): CommandEntry {
  return { name, summary, load: async () => (await import('./control/run.js')).kernelVerb(name) };
}

/** The command of that name, if there is one. */
export function findCommand(name: string): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.name === name);
}
