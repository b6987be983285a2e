import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { IfnetModule, InetAddress, InetFamily } from '../../ifnet/index.js';
import { LEGACY_PROGRAMS, legacyRuleset, type NftObject } from '../firewall/legacy.js';
import type { HostFacts, HostInterface } from '../subject.js';

/** nft and iptables-save answer in milliseconds, with thousands of rules in a second or two. */
const FIREWALL_TIMEOUT_MS = 10_000;
const MAX_RULESET = 64 * 1024 * 1024;
/** Bytes of /proc/net/route are in the order of the host: little endian. */
const ROUTE_UP = 1;

/** Reads what the host says about itself; changes nothing. */
export function hostFacts(ifnet: IfnetModule): HostFacts {
  const list = ifnet.list();
  const nameOf = new Map(list.map(({ index, name, kind }) => [index, { name, kind }]));
  const interfaces = list.map((ifp): HostInterface => {
    const master = ifp.master === undefined ? undefined : nameOf.get(ifp.master);
    return {
      name: ifp.name,
      index: ifp.index,
      ethernet: ifp.type === 'ether' && !ifp.flags.noarp,
      up: ifp.flags.up,
      running: ifp.flags.running,
      mtu: ifp.mtu,
      lladdr: ifp.lladdr,
      kind: ifp.kind,
      addresses: ifp.addresses.map(({ prefix }) => prefix),
      bridge: master?.kind === 'bridge' ? master.name : undefined,
    };
  });
  let asked: { readonly ruleset: unknown } | undefined;
  return {
    interfaces,
    sysctl,
    bridge,
    route,
    /** Asked when it is needed: meanwhile nothing else is done. */
    get ruleset() {
      asked ??= { ruleset: ruleset() };
      return asked.ruleset;
    },
  };
}

function sysctl(family: InetFamily, ifname: string, name: string): number | undefined {
  return numberIn(`/proc/sys/net/ipv${family}/conf/${ifname}/${name}`);
}

function bridge(ifname: string, name: string): number | undefined {
  return numberIn(`/sys/class/net/${ifname}/bridge/${name}`);
}

function numberIn(file: string): number | undefined {
  const text = textOf(file)?.trim();
  return text === undefined || text === '' ? undefined : Number(text);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Interface, destination, gateway, flags, …, mask: the most specific route counts. */
function route({ bytes }: InetAddress): string | undefined {
  const wanted = new DataView(Uint8Array.from(bytes).buffer).getUint32(0, true);
  const routes = (textOf('/proc/net/route') ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/));
  let best: { readonly ifname: string; readonly length: number } | undefined;
  for (const [ifname, destination, , flags, , , , mask] of routes) {
    if (ifname === undefined || mask === undefined || !(Number.parseInt(flags!, 16) & ROUTE_UP)) continue;
    const bits = Number.parseInt(mask, 16);
    if ((wanted & bits) >>> 0 !== (Number.parseInt(destination!, 16) & bits) >>> 0) continue;
    const length = bits.toString(2).replaceAll('0', '').length;
    if (best === undefined || length > best.length) best = { ifname, length };
  }
  return best?.ifname;
}

/** Undefined without nft, without the privilege, or where it fails. */
function ruleset(): unknown {
  const legacy = ([4, 6] as const).flatMap(legacyRules);
  try {
    const listed = JSON.parse(ask('nft', '-j', 'list', 'ruleset')) as { nftables: NftObject[] };
    return { nftables: [...listed.nftables, ...legacy] };
  } catch {
    return legacy.length > 0 ? { nftables: legacy } : undefined;
  }
}

/**
 * The rules of the old iptables. Its program makes the tables that it is asked for, and loads what they need: it is
 * started only where Linux says that there are some.
 */
function legacyRules(family: InetFamily): NftObject[] {
  const tables = textOf(`/proc/net/${family === 4 ? 'ip' : 'ip6'}_tables_names`)?.trim() ?? '';
  if (tables === '') return [];
  try {
    return legacyRuleset(ask(`${LEGACY_PROGRAMS[family]}-save`), family);
  } catch {
    return [];
  }
}

/** @returns what the program prints @throws Error */
function ask(program: string, ...args: string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    timeout: FIREWALL_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_RULESET,
    stdio: 'pipe',
  });
}
