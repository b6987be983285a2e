/** VRRP routers in hosts of the laboratory: carpet's, keepalived's, and frames made by hand. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Frame } from './frame.js';
import type { Namespace } from './namespace.js';
import type { Program } from './program.js';
import { elapse, waitFor } from './wait.js';

const MAIN = fileURLToPath(new URL('../../../modules/cli/main.js', import.meta.url));

/** How often the addresses of a host are looked at: that starts a program. */
const LOOK_MS = 60;

/** What both programs are told alike. */
export interface RouterSetup {
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  readonly priority: number;
  /** Milliseconds; default 1000. */
  readonly interval?: number;
  readonly virtualMac?: boolean;
  readonly peer?: string;
  readonly password?: string;
  readonly vrid?: number;
  readonly addresses?: readonly string[];
}

export const SHARED = { 4: ['10.88.0.100/24'], 6: ['fe80::5e:7/64', '2001:db8:88::100/64'] } as const;

/** A program that runs one virtual router on eth0 of a host. */
export abstract class VrrpProgram {
  program!: Program;
  protected readonly folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));

  constructor(
    readonly host: Namespace,
    readonly setup: RouterSetup,
  ) {}

  protected abstract spawn(): Program;

  start(): this {
    this.program = this.spawn();
    void this.program.exited.catch(() => undefined);
    return this;
  }

  /** Whether the host has every shared address, or (undefined) only some. */
  get holds(): boolean | undefined {
    const text = this.host.ip('address', 'show');
    const there = this.addresses.filter((address) => text.includes(` ${address} `));
    if (there.length === 0) return false;
    return there.length === this.addresses.length ? true : undefined;
  }

  get addresses(): readonly string[] {
    return this.setup.addresses ?? SHARED[this.setup.family];
  }

  /** Waits until it has the addresses, or has none. */
  becomes(state: 'MASTER' | 'BACKUP', deadlineMs: number): Promise<unknown> {
    const wanted = state === 'MASTER';
    const reached = async (): Promise<boolean> => {
      await elapse(LOOK_MS);
      return this.holds === wanted;
    };
    return waitFor(`${this.host.name} to be ${state}`, deadlineMs, reached, () => this.program.text);
  }

  /** Ends at once, without a word. */
  kill(): void {
    this.program.kill('SIGKILL');
  }

  /** Stops in order: the others hear priority 0. */
  async stop(): Promise<void> {
    await this.program.end('SIGTERM');
  }

  /** Where its advertisements come from, as `advertisementOf` writes it; undefined: nobody knows beforehand. */
  get source(): string | undefined {
    const { family } = this.setup;
    const text = this.host.ip(`-${family}`, 'address', 'show', 'dev', 'eth0');
    if (family === 4) return /inet (10\.88\.0\.\d+)\//.exec(text)![1];
    const found = [...text.matchAll(/inet6 (fe80::[0-9a-f:]+)\//g)].map(([, address]) => address!);
    return digitsOf(found.find((address) => !SHARED[6].some((shared) => shared.startsWith(`${address}/`)))!);
  }

  /** The link-layer address at which the neighbours find the shared addresses while it is MASTER. */
  get lladdr(): string {
    const { virtualMac = this.defaultVirtualMac, vrid = 7, family } = this.setup;
    if (!virtualMac) return this.lladdrOf('eth0');
    return `00:00:5e:00:0${family === 4 ? 1 : 2}:${vrid.toString(16).padStart(2, '0')}`;
  }

  protected readonly defaultVirtualMac: boolean = false;

  protected lladdrOf(ifname: string): string {
    return /link\/ether (\S+)/.exec(this.host.ip('link', 'show', 'dev', ifname))![1]!;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A link-local address as 32 hexadecimal digits. */
function digitsOf(address: string): string {
  const [head, tail] = address
    .split('::')
    .map((part) => part.split(':').map((word) => word.padStart(4, '0')));
  return [...head!, ...Array<string>(8 - head!.length - tail!.length).fill('0000'), ...tail!].join('');
}

/** `carpet vrrp`. */
export class CarpetVrrp extends VrrpProgram {
  protected override readonly defaultVirtualMac = true;

  protected spawn(): Program {
    const { version, priority, interval, virtualMac = true, peer, password, vrid = 7 } = this.setup;
    const options = [
      '-i',
      'eth0',
      '-v',
      String(vrid),
      '-p',
      String(priority),
      '--log-format',
      'text',
      '--json',
    ];
    for (const address of this.addresses) options.push('-a', address);
    if (version === 2) options.push('--v2');
    if (interval !== undefined) options.push('-t', String(interval));
    if (!virtualMac) options.push('--no-virtual-mac');
    if (peer !== undefined) options.push('--peer', peer);
    if (password !== undefined) {
      writeFileSync(join(this.folder, 'pass'), password, { mode: 0o600 });
      options.push('-o', join(this.folder, 'pass'));
    }
    return this.host.node(MAIN, ['vrrp', ...options]);
  }
}

/** keepalived, of Debian. */
export class Keepalived extends VrrpProgram {
  protected spawn(): Program {
    const { version, priority, interval = 1000, virtualMac = false, peer, password, vrid = 7 } = this.setup;
    const lines = [
      `global_defs {\n vrrp_version ${version}\n vrrp_garp_master_delay 1\n}`,
      'vrrp_instance V {',
      ' state BACKUP',
      ' interface eth0',
      ` virtual_router_id ${vrid}`,
      ` priority ${priority}`,
      ` advert_int ${interval / 1000}`,
      ...(version === 3 ? [` version 3`] : []),
      ...(virtualMac ? [' use_vmac'] : []),
      ...(peer === undefined ? [] : [` unicast_peer {\n  ${peer}\n }`]),
      ...(password === undefined ? [] : [` authentication {\n  auth_type PASS\n  auth_pass ${password}\n }`]),
      ' virtual_ipaddress {',
      ...this.addresses.map((address) => `  ${address}`),
      ' }',
      '}',
    ];
    // Else eth0 asks for a neighbour in the name of the shared address, with a link-layer address of its own.
    if (virtualMac) this.host.sysctl('net.ipv4.conf.eth0.arp_announce', 2);
    const file = join(this.folder, 'keepalived.conf');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const pids = ['-p', join(this.folder, 'main.pid'), '-r', join(this.folder, 'vrrp.pid')];
    return this.host.spawn(['keepalived', '-n', '-P', '-l', '-D', '-f', file, ...pids]);
  }

  /**
   * Ends both of its processes at once: without the parent the child would end in order. Their files go too, because the
   * next keepalived takes a child that is not yet reaped for one that runs.
   */
  override kill(): void {
    for (const file of ['vrrp.pid', 'main.pid'].map((name) => join(this.folder, name))) {
      process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
      rmSync(file);
    }
  }
}

/** What an advertisement in a frame says. */
export interface SaidAdvertisement {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly source: string;
  readonly version: number;
  readonly priority: number;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Reads the VRRP frames of a capture. */
export function advertisementOf({ time, bytes }: Frame): SaidAdvertisement {
  const ipv4 = bytes[12] === 0x08;
  const start = ipv4 ? 14 + (bytes[14]! & 15) * 4 : 54;
  return {
    time,
    source: ipv4 ? bytes.subarray(26, 30).join('.') : hex(bytes.subarray(22, 38)),
    version: bytes[start]! >> 4,
    priority: bytes[start + 2]!,
  };
}
