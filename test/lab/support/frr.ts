/** FRR's vrrpd in a host of the laboratory, with the zebra that it needs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, type Namespace } from './namespace.js';
import type { Program } from './program.js';
import { type RouterSetup, VrrpProgram } from './vrrp.js';
import { waitFor } from './wait.js';

/** Where Debian has FRR's daemons. */
const FOLDER = '/usr/lib/frr';
/** Whom they run as, with some capabilities: root is not in the group that they demand. */
const USER = 'frr';
/** The interface that an administrator makes for vrrpd: it serves from that, and only from that. */
const MACVLAN = 'vrrp0';

/**
 * vrrpd knows its virtual router by a macvlan with the virtual MAC, which it keeps in protodown as Backup. The addresses
 * stay on it, so that the state is that of the macvlan.
 */
export class Frr extends VrrpProgram {
  constructor(host: Namespace, setup: RouterSetup) {
    super(host, setup);
    const { family, vrid = 7 } = setup;
    const lladdr = `00:00:5e:00:0${family === 4 ? 1 : 2}:${vrid.toString(16).padStart(2, '0')}`;
    host.ip('link', 'add', MACVLAN, 'link', 'eth0', 'type', 'macvlan', 'mode', 'bridge');
    host.ip('link', 'set', MACVLAN, 'address', lladdr);
    // One made of the virtual MAC would be the same on all hosts.
    host.ip('link', 'set', MACVLAN, 'addrgenmode', 'random');
    host.sysctl(`net.ipv6.conf.${MACVLAN}.accept_dad`, 0);
    // Else eth0 answers for the macvlan's addresses, as Backup too, and asks in their name.
    for (const ifname of ['eth0', MACVLAN]) {
      host.sysctl(`net.ipv4.conf.${ifname}.arp_ignore`, 1);
      host.sysctl(`net.ipv4.conf.${ifname}.arp_announce`, 2);
    }
    host.sysctl(`net.ipv4.conf.${MACVLAN}.rp_filter`, 0);
    for (const address of this.addresses)
      host.ip('address', 'add', address, 'dev', MACVLAN, ...(family === 6 ? ['nodad'] : []));
    host.ip('link', 'set', MACVLAN, 'protodown', 'on');
    host.ip('link', 'set', MACVLAN, 'up');
  }

  protected spawn(): Program {
    const sockets = join(this.folder, 'vty');
    mkdirSync(sockets, { recursive: true });
    const options = (name: string): string[] => {
      const file = (suffix: string): string => join(this.folder, `${name}.${suffix}`);
      const run = ['-u', USER, '-g', USER, '-i', file('pid'), '-f', file('conf')];
      return [...run, '-z', this.#zserv, '--vty_socket', sockets, '--log', 'stdout'];
    };
    writeFileSync(join(this.folder, 'zebra.conf'), '');
    writeFileSync(join(this.folder, 'vrrpd.conf'), this.#settings);
    command('chown', '-R', USER, this.folder);
    // vrrpd looks for zebra's socket when it starts, and then not again for seconds.
    const zebra = [`${FOLDER}/zebra`, ...options('zebra')].join(' ');
    const vrrpd = [`${FOLDER}/vrrpd`, ...options('vrrpd')].join(' ');
    const wait = `until [ -S ${this.#zserv} ]; do sleep 0.05; done`;
    return this.host.spawn(['sh', '-c', `rm -f ${this.#zserv}; ${zebra} & ${wait}; exec ${vrrpd}`]);
  }

  get #zserv(): string {
    return join(this.folder, 'zserv');
  }

  get #settings(): string {
    const { version, priority, interval = 1000, vrid = 7, family } = this.setup;
    const own = [
      `vrrp ${vrid} version ${version}`,
      `vrrp ${vrid} priority ${priority}`,
      `vrrp ${vrid} advertisement-interval ${interval}`,
      ...this.addresses.map(
        (address) => `vrrp ${vrid} ${family === 4 ? 'ip' : 'ipv6'} ${address.split('/')[0]}`,
      ),
    ];
    return `debug vrrp protocol\ninterface eth0\n${own.map((line) => ` ${line}\n`).join('')}!\n`;
  }

  /** Whether the macvlan may send and answer. */
  override get holds(): boolean {
    const [{ flags }] = JSON.parse(this.host.ip('-j', 'link', 'show', 'dev', MACVLAN)) as [
      { flags: string[] },
    ];
    return flags.includes('LOWER_UP');
  }

  /** Over IPv6 it sends from an address of the macvlan's own, made at random. */
  override get source(): string | undefined {
    return this.setup.family === 4 ? super.source : undefined;
  }

  override get lladdr(): string {
    return this.lladdrOf(MACVLAN);
  }

  /** vrrpd and zebra, as when the machine dies. */
  override kill(): void {
    this.program.destroy();
  }

  /** It stops in order, and zebra after it. */
  override async stop(): Promise<void> {
    this.program.kill('SIGTERM');
    // zebra, which goes on, holds the output open.
    await waitFor('the end of vrrpd', 5000, () => !this.program.running);
    this.program.destroy();
  }
}
