/**
 * @module
 * Finds the vhids to examine: from the options, a settings file, the running kernel, or processes that run CARP without a
 * control socket. Only the first two include the password, without which the doctor cannot say why this host refuses an
 * advertisement.
 */
import type { CarpModuleSettings, CarpVhidOptions, CarpVhidStatus } from '../../carp/index.js';
import { readStatus } from '../../carp-status/index.js';
import { CARP_GROUPS, type SubjectVhid } from '../../doctor/index.js';
import { InetAddress, InetPrefix } from '../../ifnet/index.js';
import type { VrrpModuleSettings, VrrpRouterOptions, VrrpRouterStatus } from '../../vrrp/index.js';
import { findKernel, type RunningKernel } from '../control/connect.js';
import { UsageError } from '../failure.js';
import { readPasswordFile } from '../password.js';
import type { DoctorOptions } from './options.js';

/** Reads the counters of CARP and VRRP, by sysctl; undefined unless the vhids come from a kernel with a control socket. */
export type Counters = () => Promise<ReadonlyMap<string, number> | undefined>;

/** What the doctor examines. */
export interface Patients {
  readonly vhids: readonly SubjectVhid[];
  readonly counters: Counters;
}

const NO_COUNTERS: Counters = async () => undefined;
const PROTOCOLS = ['carp', 'vrrp'] as const;

/** @throws UsageError for invalid options, or a settings file with mistakes */
export async function findVhids(options: DoctorOptions): Promise<Patients> {
  const { file, vhid, interface: ifnames, addr, passfile } = options;
  const warn = (text: string): void => void process.stderr.write(`carpet: ${text}\n`);
  if (file !== undefined) return { vhids: await ofFile(file), counters: NO_COUNTERS };
  if (vhid !== undefined) {
    const [ifname] = ifnames;
    if (ifname === undefined || ifnames.length > 1)
      throw new UsageError('give one interface with -i for --vhid');
    const [key, ...heardKeys] = passfile.map((each) => readPasswordFile(each, warn));
    return {
      vhids: [{ ifname, vhid, addresses: addr, peers: [], ...CARP_GROUPS, key, heardKeys, advbase: 1 }],
      counters: NO_COUNTERS,
    };
  }
  return (await ofKernel(options.socket)) ?? { vhids: await ofProcesses(), counters: NO_COUNTERS };
}

/** The vhids and virtual routers in a settings file. @throws UsageError for a file with mistakes */
async function ofFile(file: string): Promise<SubjectVhid[]> {
  const { checkFiles } = await import('../../boot/index.js');
  const { checkOptions, mistakes, problemLines } = await import('../settings-file.js');
  const checked = await checkFiles(file, { ...checkOptions(false), offline: true });
  if (checked.configuration === undefined) {
    for (const line of problemLines(checked)) process.stderr.write(`${line}\n`);
    throw mistakes(checked, 'carpet config check shows them too');
  }
  const { modules } = checked.configuration;
  const settingsOf = (wanted: string): unknown[] =>
    modules.filter(({ name }) => name === wanted).map(({ settings }) => settings);
  return [
    ...settingsOf('carp').flatMap((each) => ((each as CarpModuleSettings)?.vhids ?? []).map(fromOptions)),
    ...settingsOf('vrrp').flatMap((each) =>
      ((each as VrrpModuleSettings)?.routers ?? []).map(fromRouterOptions),
    ),
  ];
}

/**
 * The vhids and virtual routers of the running kernel; undefined if none runs, or it has neither CARP nor VRRP.
 *
 * @throws CarpetError if the named socket does not answer
 */
async function ofKernel(socket: string | undefined): Promise<Patients | undefined> {
  let kernel: RunningKernel;
  try {
    kernel = await findKernel(socket);
  } catch (error) {
    if (socket !== undefined) throw error;
    return undefined;
  }
  const { client, index } = kernel;
  const verbOf = (name: string) => index.verbs.find((verb) => verb.name === name);
  const running = PROTOCOLS.filter((protocol) => verbOf(protocol) !== undefined);
  if (running.length === 0) return undefined;
  const ask = async <T>(name: string): Promise<T[]> => {
    const verb = verbOf(name);
    return verb === undefined ? [] : ((await client.call(verb, undefined, 'json')) as T[]);
  };
  const [vhids, routers] = [await ask<CarpVhidStatus>('carp'), await ask<VrrpRouterStatus>('vrrp')];
  const sysctl = verbOf('sysctl');
  return {
    vhids: [...vhids.map(fromStatus), ...routers.map(fromRouter)],
    counters: async () => {
      if (sysctl === undefined) return undefined;
      const names = running.map((protocol) => `net.inet.${protocol}.stats`);
      const nodes = (await client.call(sysctl, { names }, 'json')) as { name: string; value: unknown }[];
      return new Map(nodes.map(({ name, value }) => [name, Number(value)]));
    },
  };
}

async function ofProcesses(): Promise<SubjectVhid[]> {
  const { documents } = await readStatus();
  return documents.flatMap(({ vhids }) => vhids.map(fromStatus));
}

function fromStatus(
  status: Pick<
    CarpVhidStatus,
    'ifname' | 'vhid' | 'addresses' | 'peers' | 'group' | 'group6' | 'state' | 'advbase' | 'deadTime'
  >,
): SubjectVhid {
  const { ifname, vhid, state, advbase, deadTime } = status;
  return {
    ifname,
    vhid,
    state,
    advbase,
    deadTime,
    addresses: status.addresses.map((text) => InetPrefix.parse(text)),
    peers: status.peers.map((text) => InetAddress.parse(text)),
    group: InetAddress.parse(status.group),
    group6: InetAddress.parse(status.group6),
  };
}

function fromRouter(
  status: Pick<
    VrrpRouterStatus,
    'name' | 'ifname' | 'vrid' | 'version' | 'addresses' | 'peers' | 'state' | 'interval'
  >,
): SubjectVhid {
  const { name, ifname, vrid: vhid, version, state, interval } = status;
  return {
    ifname,
    vhid,
    router: { name, version, interval },
    state,
    advbase: Math.ceil(interval / 1000),
    addresses: status.addresses.map((text) => InetPrefix.parse(text)),
    peers: status.peers.map((text) => InetAddress.parse(text)),
    ...CARP_GROUPS,
  };
}

function fromRouterOptions(options: VrrpRouterOptions): SubjectVhid {
  const { ifname, vrid, version = 3, interval = 1000, peers = [], addresses } = options;
  const is6 = String(addresses[0]).includes(':');
  return fromRouter({
    name: `${vrid}${is6 ? 'v6' : ''}@${ifname}`,
    ifname,
    vrid,
    version,
    interval,
    addresses: addresses.map(String),
    peers: peers.map(String),
    state: 'INIT',
  });
}

function fromOptions(options: CarpVhidOptions): SubjectVhid {
  const { ifname, vhid, addresses, peers = [], password, passwords = [], advbase = 1 } = options;
  const address = (given: unknown): InetAddress => InetAddress.parse(String(given));
  return {
    ifname,
    vhid,
    advbase,
    addresses: addresses.map((each) => InetPrefix.parse(String(each))),
    peers: peers.map(address),
    group: options.group === undefined ? CARP_GROUPS.group : address(options.group),
    group6: options.group6 === undefined ? CARP_GROUPS.group6 : address(options.group6),
    key: keyOf(password),
    heardKeys: passwords.map((each) =>
      keyOf(typeof each === 'object' && 'password' in each ? each.password : each),
    ),
  };
}

function keyOf(password: string | Uint8Array): Uint8Array {
  return typeof password === 'string' ? new TextEncoder().encode(password) : password;
}
