import { fileURLToPath } from 'node:url';
import {
  elapse,
  Laboratory,
  type Namespace,
  type Owner,
  type Program,
  waitFor,
  wallTime,
} from '../lab/support/index.js';
import { CarpetHost } from './carpet-host.js';
import { longestSilence, parseWrite, violations, type Write } from './history.js';
import { type Change, holdersAfter, lengthOf, parseChange, type Stretch, sharedFor } from './holders.js';
import { ADDRESS, type Host, PORT } from './host.js';
import { Journal } from './journal.js';
import { UcarpHost } from './ucarp-host.js';

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const WRITER = fileURLToPath(new URL('writer.js', import.meta.url));
/** Every answer within this time after the settling: the clients have found the MASTER too. */
const CALM_MS = 500;
/** A story begins so long before its stretch. */
const STORY_MS = 5000;

/**
 * Two hosts with carpet, of which `a` is preferred, one with a genuine ucarp, and two clients that write through the
 * shared address, on one bridge.
 */
export class Scene {
  readonly carpets: readonly [CarpetHost, CarpetHost];
  readonly ucarp: UcarpHost;
  /** Hosts whose interface is there and has a carrier: without it, an address reaches nobody. */
  readonly #cables: Change[] = [];
  readonly #servers: readonly Program[];
  readonly #accepted: readonly Journal<Write>[];
  readonly #writers: readonly Namespace[];
  readonly #answered: readonly Journal<Write>[];
  readonly #addresses: readonly Journal<Change>[];

  private constructor(
    readonly lab: Laboratory,
    owner: Owner,
  ) {
    const host = (role: string, last: number): Namespace =>
      lab.host(role, { addresses: [ownAddress(last)], ipv6: false });
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((role, i) => host(role, i + 1));
    this.carpets = [new CarpetHost('a', a!, 0, owner), new CarpetHost('b', b!, 100, owner)];
    this.ucarp = new UcarpHost('c', c!, '10.88.0.3', owner);
    this.#servers = this.hosts.map(({ name, namespace }) => namespace.node(SERVER, [name, String(PORT)]));
    this.#accepted = this.hosts.map(
      ({ name }, i) => new Journal(this.#servers[i]!, (line) => parseWrite(line, name)),
    );
    this.#addresses = this.hosts.map(({ name, namespace }) => {
      const monitor = namespace.spawn(['ip', '-ts', '-o', 'monitor', 'address'], { env: { TZ: 'UTC' } });
      return new Journal(monitor, (line) => parseChange(line, name, ADDRESS));
    });
    this.#writers = [d!, e!];
    this.#answered = this.#writers.map((client, i) => {
      const writer = client.node(WRITER, [`client${i + 1}`, ADDRESS, String(PORT)]);
      return new Journal(writer, (line) => parseWrite(line));
    });
  }

  /** Returns when `a` is MASTER and the clients write. */
  static async open(owner: Owner): Promise<Scene> {
    const scene = new Scene(Laboratory.open(owner), owner);
    for (const program of scene.#servers) await program.waitForLine(/^serves$/, 10_000);
    for (const host of scene.hosts) await host.start();
    await scene.settle(30_000);
    return scene;
  }

  get hosts(): readonly Host[] {
    return [...this.carpets, this.ucarp];
  }

  /** The carpet that has the address now, and the other one. @throws Error when ucarp or none has it */
  roles(): { master: CarpetHost; backup: CarpetHost } {
    const [holder] = holdersAfter(this.#changes());
    const master = this.carpets.find(({ name }) => name === holder);
    if (master === undefined) throw new Error(`no carpet has the address, but ${holder ?? 'nobody'}`);
    return { master, backup: this.carpets.find((host) => host !== master)! };
  }

  cut({ name, namespace }: Host): void {
    this.lab.cut(namespace);
    this.#cables.push({ time: wallTime(), host: name, holds: false });
  }

  heal({ name, namespace }: Host): void {
    this.#cables.push({ time: wallTime(), host: name, holds: true });
    this.lab.heal(namespace);
  }

  /** Removes the interface, as a driver does that is unloaded. */
  unplug({ name, namespace }: Host): void {
    this.#cables.push({ time: wallTime(), host: name, holds: false });
    namespace.ip('link', 'del', 'eth0');
  }

  plug({ name, namespace }: Host): void {
    const last = this.hosts.findIndex((host) => host.name === name) + 1;
    this.lab.plug(namespace, 'eth0', { addresses: [ownAddress(last)], ipv6: false });
    this.#cables.push({ time: wallTime(), host: name, holds: true });
  }

  /** Has the bridge lose so many of a hundred frames from and to a host. */
  lose({ namespace }: Host, percent: number): void {
    const port = this.lab.port(namespace);
    const loss = (side: 'iifname' | 'oifname'): string =>
      `${side} ${port} numgen random mod 100 < ${percent} drop; `;
    const chain = `type filter hook forward priority 0; ${loss('iifname')}${loss('oifname')}`;
    this.lab.switch.exec('nft', `table bridge loss { chain forward { ${chain} }; }`);
  }

  loseNothing(): void {
    this.lab.switch.exec('nft', 'delete table bridge loss');
  }

  /** Waits until the preferred host alone has the address, and the clients write. @returns how long that took, in ms */
  async settle(limitMs: number): Promise<number> {
    const start = wallTime();
    const isCalm = (): boolean => {
      const [only, ...others] = holdersAfter(this.#changes());
      for (const program of this.#servers)
        if (program.exit !== undefined) throw new Error(`${program.name} has ended: ${program.text}`);
      const latest = { from: wallTime() - CALM_MS, to: wallTime() };
      return only === 'a' && others.length === 0 && this.silence(latest) < CALM_MS;
    };
    await waitFor('one MASTER, the preferred one', limitMs, isCalm, () => this.#picture());
    return wallTime() - start;
  }

  /** The longest time in which one of the clients had no answer, in ms. */
  silence(stretch: Stretch): number {
    return Math.max(...this.#silences(stretch).map(lengthOf));
  }

  /** Who had the address when, and which client had no answer when, in ms from the stretch's beginning. */
  story(stretch: Stretch): string {
    const at = (time: number): string => (time - stretch.from).toFixed(0);
    const silences = this.#silences(stretch).map(
      ({ from, to }, i) => `client${i + 1} had no answer from ${at(from)} to ${at(to)}`,
    );
    const changes = this.#reachable()
      .filter(({ time }) => time >= stretch.from - STORY_MS && time <= stretch.to)
      .map(({ time, host, holds }) => `${at(time)} ${host} ${holds ? 'has it' : 'has it not'}`);
    return [...silences, ...changes, this.#picture()].join('\n');
  }

  /** For how long two of these that can be reached had the address, in ms. */
  shared(stretch: Stretch, hosts: readonly Host[] = this.hosts): number {
    const names = hosts.map(({ name }) => name);
    return sharedFor(
      this.#reachable().filter(({ host }) => names.includes(host)),
      stretch,
    );
  }

  /** What the history of all writes says against it. */
  async violations(): Promise<string[]> {
    await elapse(200);
    const all = (journals: readonly Journal<Write>[]): Write[] => journals.flatMap(({ entries }) => entries);
    return violations(all(this.#accepted), all(this.#answered));
  }

  /** Writes that were answered. */
  get writes(): number {
    return this.#answered.reduce((sum, { entries }) => sum + entries.length, 0);
  }

  #silences(stretch: Stretch): Stretch[] {
    return this.#answered.map(({ entries }) => longestSilence(entries, stretch));
  }

  /** Changes as a client sees them: a host with its cable pulled has lost the address for it. */
  #reachable(): Change[] {
    const seen: Change[] = [];
    const state = new Map<string, { has: boolean; plugged: boolean }>();
    const all = [
      ...this.#changes().map((change) => ({ ...change, of: 'has' as const })),
      ...this.#cables.map((change) => ({ ...change, of: 'plugged' as const })),
    ];
    for (const { time, host, holds, of } of all.toSorted((a, b) => a.time - b.time)) {
      const each = state.get(host) ?? { has: false, plugged: true };
      each[of] = holds;
      state.set(host, each);
      seen.push({ time, host, holds: each.has && each.plugged });
    }
    return seen;
  }

  #changes(): Change[] {
    return this.#addresses.flatMap(({ entries }) => entries);
  }

  /** Which link-layer address each client sends to, beside those of the hosts. */
  #caches(): string {
    const owners = this.hosts.map(({ name, namespace }) => `${name} ${lladdrOf(namespace)}`);
    const caches = this.#writers.map((client) => client.ip('neigh', 'show', ADDRESS).trim());
    return `clients: ${caches.join('; ')}; hosts: ${owners.join(', ')}`;
  }

  #picture(): string {
    const holders = `address: ${holdersAfter(this.#changes()).join(', ') || 'nobody'}`;
    const caches = this.#caches();
    return [holders, caches, ...this.carpets.map(({ name, text }) => `--- ${name}\n${text}`)].join('\n');
  }
}

function lladdrOf(namespace: Namespace): string {
  return /link\/ether (\S+)/.exec(namespace.ip('link', 'show', 'eth0'))?.[1] ?? 'none';
}

function ownAddress(last: number): string {
  return `10.88.0.${last}/24`;
}
