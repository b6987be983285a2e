/**
 * The laboratory: real hosts (network namespaces) on one Ethernet bridge, made for one test and gone after it.
 *
 *   const lab = Laboratory.open(t);                        // t: node:test's context; closes when the test ends
 *   const a = lab.host('a', { addresses: ['10.77.0.1/24'] });
 *   const capture = await lab.capture();                   // every frame on the bridge
 *   const peer = a.spawn(['ucarp', …]);
 *   lab.cut(a); lab.heal(a);                               // the cable: the host loses and regains carrier
 *
 * Traffic never leaves these namespaces: the bridge stands in one of its own (`lab.switch`) without an uplink.
 * Should the test's process die early, its 'exit' handler removes everything; should it be killed, the next
 * laboratory sweeps up.
 */
import type { TestContext } from 'node:test';
import { Capture } from './capture.js';
import { Namespace, removeOrphans } from './namespace.js';

/** What a test (or a benchmark) gives so that the laboratory closes with it. */
export type Owner = Pick<TestContext, 'after'>;

export interface HostOptions {
  /** Addresses of eth0 with their prefix length, for example 10.77.0.1/24. */
  readonly addresses?: readonly string[];
  readonly lladdr?: string;
  /** False switches IPv6 off on eth0, for quiet captures. IPv6 addresses are usable at once (no DAD). */
  readonly ipv6?: boolean;
}

let serial = 0;

export class Laboratory implements AsyncDisposable {
  readonly switch: Namespace;
  private readonly namespaces: Namespace[] = [];
  private readonly onExit = (): void => this.namespaces.forEach((namespace) => namespace.destroy());

  private constructor() {
    this.switch = this.namespace('switch');
    this.switch.ip('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    this.switch.sysctl('net.ipv6.conf.br0.disable_ipv6', 1);
    this.switch.ip('link', 'set', 'br0', 'up');
    process.once('exit', this.onExit);
  }

  /** Opens a laboratory that closes when the owner, usually a test's context, ends. */
  static open(owner?: Owner): Laboratory {
    if (serial === 0) removeOrphans();
    const lab = new Laboratory();
    owner?.after(() => lab[Symbol.asyncDispose]());
    return lab;
  }

  /** A namespace without any wire; use `host` for one with an eth0 on the bridge. */
  namespace(role: string): Namespace {
    const namespace = new Namespace(role, serial++);
    this.namespaces.push(namespace);
    return namespace;
  }

  /** A host with an eth0 that is plugged into the bridge and up. */
  host(role: string, options: HostOptions = {}): Namespace {
    const host = this.namespace(role);
    this.plug(host, 'eth0', options);
    return host;
  }

  /** Gives a host one more interface on the bridge. */
  plug(host: Namespace, ifname: string, options: HostOptions = {}): void {
    const port = this.port(host, ifname);
    this.switch.ip('link', 'add', port, 'type', 'veth', 'peer', 'name', ifname, 'netns', host.name);
    this.switch.sysctl(`net.ipv6.conf.${port}.disable_ipv6`, 1);
    this.switch.ip('link', 'set', port, 'master', 'br0', 'up');
    if (options.lladdr) host.ip('link', 'set', ifname, 'address', options.lladdr);
    host.sysctl(`net.ipv6.conf.${ifname}.accept_dad`, 0);
    if (options.ipv6 === false) host.sysctl(`net.ipv6.conf.${ifname}.disable_ipv6`, 1);
    host.ip('link', 'set', ifname, 'up');
    for (const address of options.addresses ?? []) host.ip('address', 'add', address, 'dev', ifname);
  }

  /** Two hosts' interfaces joined by a cable of their own, without the bridge; both are left down. */
  join(a: Namespace, ifnameA: string, b: Namespace, ifnameB: string): void {
    a.ip('link', 'add', ifnameA, 'type', 'veth', 'peer', 'name', ifnameB, 'netns', b.name);
  }

  /** Pulls the cable: the port on the bridge goes down and the host's interface loses its carrier. */
  cut(host: Namespace, ifname = 'eth0'): void {
    this.switch.ip('link', 'set', this.port(host, ifname), 'down');
  }

  heal(host: Namespace, ifname = 'eth0'): void {
    this.switch.ip('link', 'set', this.port(host, ifname), 'up');
  }

  /**
   * Puts hosts behind a second bridge, `br1`, that a trunk joins to the first: without the trunk there is a partition in
   * which every host has its carrier. They begin together.
   */
  beyondTrunk(...hosts: Namespace[]): { part(): void; heal(): void } {
    this.switch.ip('link', 'add', 'br1', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    this.switch.ip('link', 'add', 'trunk0', 'type', 'veth', 'peer', 'name', 'trunk1');
    for (const [port, bridge] of ['br0', 'br1'].entries()) {
      for (const each of [bridge, `trunk${port}`])
        this.switch.sysctl(`net.ipv6.conf.${each}.disable_ipv6`, 1);
      this.switch.ip('link', 'set', bridge, 'up');
      this.switch.ip('link', 'set', `trunk${port}`, 'master', bridge, 'up');
    }
    for (const host of hosts) this.switch.ip('link', 'set', this.port(host), 'master', 'br1');
    const trunk = (state: 'up' | 'down') => (): void => void this.switch.ip('link', 'set', 'trunk0', state);
    return { part: trunk('down'), heal: trunk('up') };
  }

  /** The name of a host's port on the bridge, for tc, isolation or a capture at that end. */
  port(host: Namespace, ifname = 'eth0'): string {
    return `p${host.name.split('-')[2]}${ifname}`.slice(0, 15);
  }

  /** Records all frames on the bridge (or on one interface of a host) that match tcpdump's filter. */
  capture(filter = '', namespace = this.switch, ifname = 'br0'): Promise<Capture> {
    return Capture.start(namespace, ifname, filter);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.removeListener('exit', this.onExit);
    for (const namespace of this.namespaces.toReversed()) await namespace[Symbol.asyncDispose]();
  }
}
