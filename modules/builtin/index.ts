/**
 * The modules that come with carpet, by the short names under which a settings file knows them. This room is for
 * front ends: it knows every module, and none knows it. Nothing is imported before it is asked for.
 *
 * @module
 */
import type { Builtin, ModuleRegistry } from '../boot/index.js';

const NETWORK = ['ifnet-linux'];

/** Without `host` a kernel takes no signals and does not report to a service manager: `carpet up` always loads it. */
export const BUILTINS = {
  host: {
    summary: 'Signals, the service manager, memory pressure, suspend.',
    load: async () => (await import('../host/index.js')).HostModule,
  },
  'host-processes': {
    summary: 'Processes, threads and core dumps of the whole machine.',
    load: async () => (await import('../host/index.js')).ProcessesModule,
  },
  'host-mounts': {
    summary: 'File systems that are mounted and unmounted.',
    load: async () => (await import('../host/index.js')).MountsModule,
  },
  'host-sleep': {
    summary: 'Sleep of the machine, which waits for handlers: logind.',
    load: async () => (await import('../host/index.js')).SleepModule,
  },
  control: {
    summary: 'The control socket, over which a running kernel is asked and changed.',
    load: async () => (await import('../control/index.js')).ControlModule,
  },
  upgrade: {
    summary: 'Hands this kernel over to a newer one: carpet up --replace.',
    load: async () => (await import('../upgrade/index.js')).UpgradeModule,
  },
  'ifnet-linux': {
    summary: "This machine's network interfaces.",
    load: async () => (await import('../ifnet/linux/index.js')).LinuxDriver,
  },
  'notify-peers': {
    summary: 'Announces addresses to the neighbours: gratuitous ARP, neighbour advertisements.',
    load: async () => (await import('../notify-peers/index.js')).NotifyPeers,
    brings: NETWORK,
  },
  acd: {
    summary: "Address conflict detection: notices other hosts that use a MASTER's addresses, and answers.",
    load: async () => (await import('../acd/index.js')).AcdModule,
    brings: NETWORK,
  },
  carp: {
    summary: 'CARP: addresses shared with other hosts.',
    load: async () => (await import('../carp/index.js')).CarpModule,
    brings: [...NETWORK, 'acd'],
  },
  'vip-script': {
    summary: 'Programs that put shared addresses in place: clouds, routers, load balancers.',
    load: async () => (await import('../vip-script/index.js')).VipScriptModule,
  },
  vrrp: {
    summary: 'VRRP: addresses shared with keepalived, FRR and routers.',
    load: async () => (await import('../vrrp/index.js')).VrrpModule,
    brings: NETWORK,
  },
  health: {
    summary: 'Checks that demote or stop vhids: commands, services, gateways, pressure.',
    load: async () => (await import('../health/index.js')).HealthModule,
    brings: [...NETWORK, 'acd'],
  },
  hooks: {
    summary: 'Programs that are told of changes of state, as ucarp and keepalived call them.',
    load: async () => (await import('../hooks/index.js')).HooksModule,
    brings: [...NETWORK, 'acd'],
  },
  'carp-status': {
    summary: 'Shows the vhids to carpet ifconfig and carpet carp --status.',
    load: async () => (await import('../carp-status/index.js')).CarpStatusModule,
    brings: NETWORK,
  },
  ucarp: {
    summary: 'One vhid with the scripts of ucarp(8).',
    load: async () => (await import('../ucarp/index.js')).UcarpModule,
    brings: [...NETWORK, 'acd'],
  },
  devctl: {
    summary: 'Events of this kernel as records, for devd.',
    load: async () => (await import('../devctl/index.js')).DevctlModule,
  },
  'devctl-uevent': {
    summary: "The Linux kernel's device events as records.",
    load: async () => (await import('../devctl/linux/index.js')).UeventModule,
  },
  devd: {
    summary: 'devd(8): rules that run actions on records.',
    load: async () => (await import('../devd/index.js')).DevdModule,
    brings: [...NETWORK, 'devctl-uevent'],
  },
  worker: {
    summary: 'Runs modules in threads of their own.',
    load: async () => (await import('../worker/index.js')).WorkerModule,
  },
  softlockup: {
    summary: 'Names what holds up the kernel: module, handler, stack.',
    load: async () => (await import('../softlockup/index.js')).SoftlockupModule,
  },
  metrics: {
    summary: 'Metrics for Prometheus: the sysctl tree, CARP, the event loop, what modules add.',
    load: async () => (await import('../metrics/index.js')).MetricsModule,
  },
  trace: {
    summary: "Trace points on Node's diagnostics channels.",
    load: async () => (await import('../trace/index.js')).TraceModule,
  },
} as const satisfies Record<string, Builtin>;

BUILTINS satisfies ModuleRegistry;
