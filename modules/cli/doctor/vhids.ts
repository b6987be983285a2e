/**
 * @module
 * Where the doctor gets its vhids from: the options, a settings file, or the running kernel. Only the first two give the
 * password, with which it can say of a stranger's advertisement why this host refuses it.
 */
import type { CarpModuleSettings, CarpVhidOptions, CarpVhidStatus } from '../../carp/index.js';
import { readStatus } from '../../carp-status/index.js';
import { CARP_GROUPS, type SubjectVhid } from '../../doctor/index.js';
import { InetAddress, InetPrefix } from '../../ifnet/index.js';
import { findKernel, type RunningKernel } from '../control/connect.js';
import { UsageError } from '../failure.js';
import { readPasswordFile } from '../password.js';
import type { DoctorOptions } from './options.js';

/** The counters of a running CARP that count refusals, by name; undefined where no kernel with a control socket runs. */
export type Counters = () => Promise<ReadonlyMap<string, number> | undefined>;

/** What is to be examined. */
export interface Patients {
  readonly vhids: readonly SubjectVhid[];
  readonly counters: Counters;
}

const NO_COUNTERS: Counters = async () => undefined;
const STATISTICS = 'net.inet.carp.stats.';

/** @throws UsageError for options or a file that make no sense */
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

/** Those of the module `carp` in a settings file. @throws UsageError for a file with mistakes */
async function ofFile(file: string): Promise<SubjectVhid[]> {
  const { checkFiles } = await import('../../boot/index.js');
  const { checkOptions, mistakes, problemLines } = await import('../settings-file.js');
  const checked = await checkFiles(file, { ...checkOptions(false), offline: true });
  if (checked.configuration === undefined) {
    for (const line of problemLines(checked)) process.stderr.write(`${line}\n`);
    throw mistakes(checked, 'carpet config check shows them too');
  }
  const carps = checked.configuration.modules.filter(({ name }) => name === 'carp');
  return carps.flatMap(({ settings }) => ((settings as CarpModuleSettings)?.vhids ?? []).map(fromOptions));
}

/** Undefined without a kernel that runs CARP. @throws CarpetError if a socket was named and cannot be asked */
async function ofKernel(socket: string | undefined): Promise<Patients | undefined> {
  let kernel: RunningKernel;
  try {
    kernel = await findKernel(socket);
  } catch (error) {
    if (socket !== undefined) throw error;
    return undefined;
  }
  const { client, index } = kernel;
  const [carp, sysctl] = ['carp', 'sysctl'].map((name) => index.verbs.find((verb) => verb.name === name));
  if (carp === undefined) return undefined;
  const statuses = (await client.call(carp, undefined, 'json')) as CarpVhidStatus[];
  return {
    vhids: statuses.map(fromStatus),
    counters: async () => {
      if (sysctl === undefined) return undefined;
      const nodes = (await client.call(sysctl, { names: [STATISTICS.slice(0, -1)] }, 'json')) as {
        name: string;
        value: unknown;
      }[];
      return new Map(nodes.map(({ name, value }) => [name.slice(STATISTICS.length), Number(value)]));
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
    'ifname' | 'vhid' | 'addresses' | 'peers' | 'group' | 'group6' | 'state' | 'advbase'
  >,
): SubjectVhid {
  const { ifname, vhid, state, advbase } = status;
  return {
    ifname,
    vhid,
    state,
    advbase,
    addresses: status.addresses.map((text) => InetPrefix.parse(text)),
    peers: status.peers.map((text) => InetAddress.parse(text)),
    group: InetAddress.parse(status.group),
    group6: InetAddress.parse(status.group6),
  };
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
