import type { CommandEntry } from './command-entry.js';

/** The commands in the order of `carpet --help`. To add one: a folder with a command.ts, and an entry here. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'show a failover between three hosts on a virtual LAN',
    load: () => import('./demo/command.js'),
  },
  {
    name: 'up',
    summary: 'run one kernel with everything that its settings file names',
    load: () => import('./up/command.js'),
    serves: true,
  },
  {
    name: 'config',
    summary: 'check, show, compare, apply, undo and convert settings',
    load: () => import('./config/command.js'),
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
    name: 'vrrp',
    summary: 'share addresses with keepalived, FRR and routers: VRRP on this machine',
    load: () => import('./vrrp/command.js'),
    serves: true,
  },
  verb('why', 'say who is MASTER and why, why not this host, and what would happen next'),
  verb('drain', 'take this host out of service for maintenance, through restarts'),
  verb('undrain', 'come back from maintenance'),
  {
    name: 'explain',
    summary: 'say of each advertisement in a capture what it is, and why a host would refuse it',
    load: () => import('./explain/command.js'),
  },
  {
    name: 'doctor',
    summary: 'find what keeps CARP and VRRP from working on this host and its network',
    load: () => import('./doctor/command.js'),
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
  {
    name: 'kldload',
    summary: 'load a module into the running kernel',
    load: () => import('./kldload/command.js'),
  },
  verb('kldreload', 'replace a module of the running kernel by its newer code'),
  verb('kldunload', 'unload a module from the running kernel'),
  {
    name: 'kldstat',
    summary: "list the running kernel's modules",
    load: () => import('./kldstat/command.js'),
  },
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
  verb('tap', 'show events of the running kernel as they are invoked'),
  {
    name: 'top',
    summary: "show what the running kernel's event lists cost",
    load: () => import('./top/command.js'),
  },
  verb('inspect', 'show the running kernel at this moment'),
  verb('metrics', 'show the metrics of the running kernel'),
  verb('upgrade', 'have the running kernel start its program anew, and hand over to that'),
  {
    name: 'new',
    summary: 'make a folder to begin a module with',
    load: () => import('./new/command.js'),
  },
  {
    name: 'completion',
    summary: 'print a script that completes command lines in bash, zsh or fish',
    load: () => import('./completion/command.js'),
  },
];

/** A command that is a verb of the running kernel: it is described and carried out there. */
function verb(name: string, summary: string): CommandEntry {
  return { name, summary, load: async () => (await import('./control/run.js')).kernelVerb(name) };
}

/** The command of that name, if there is one. */
export function findCommand(name: string): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.name === name);
}
