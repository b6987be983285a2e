/**
 * A thousand random settings files applied one after another to `carpet up` on real interfaces: what runs is what the
 * file says, nothing moves for a change that does not concern it, and nothing is left behind. CARPET_APPLY_FILES says
 * how many, CARPET_APPLY_SEED which.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { ControlClient } from '../../modules/control/index.js';
import { needs } from '../support/needs.js';
import { type DrawnModules, drawnModules } from './support/drawn-settings.js';
import { elapse, Laboratory, type Namespace, type Program, waitFor } from './support/index.js';
import { CARPET } from './support/pair.js';
import type { Probed } from './support/probe-module.js';

const { CARPET_APPLY_FILES: files = '1000', CARPET_APPLY_SEED: seed = '1' } = process.env;
const PROBE = fileURLToPath(new URL('support/probe-module.js', import.meta.url));
/** How often everything that was drawn is waited for to be MASTER. */
const SETTLE_EVERY = 50;
/** The longest dead time that is drawn, a switched-on check, and some. */
const SETTLED_MS = 30_000;

const skip = needs('root', 'netns', 'native', 'program:ip');

test(`${files} random files, seed ${seed}`, { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-apply-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const host = new Host(Laboratory.open(t), folder);
  await host.start();
  // Code that runs for the first time stays: what is there after a few files is what must be there at the end.
  const drawn = fc.sample(drawnModules(folder), {
    seed: Number(seed),
    numRuns: Number(files) + SETTLE_EVERY,
  });
  for (const modules of drawn.splice(0, SETTLE_EVERY)) await host.apply(modules);
  await host.apply(FIRST);
  await host.settle(FIRST);
  const before = await host.rest();
  for (const [i, modules] of drawn.entries()) {
    await host.apply(modules);
    if (i % SETTLE_EVERY === SETTLE_EVERY - 1) await host.settle(modules);
  }
  const after = await host.rest(before.descriptors);
  const growth = after.heap - before.heap;
  t.diagnostic(
    `heap ${(before.heap / 2 ** 20).toFixed(1)} MiB, after ${drawn.length} files ${growth} bytes more`,
  );
  assert.deepEqual({ ...after, heap: 0 }, { ...before, heap: 0 });
  assert.ok(growth < 2 ** 20, `the heap grew by ${growth} bytes`);
  await host.program.end('SIGTERM');
});

interface Rest extends Probed {
  readonly descriptors: readonly string[];
  readonly links: string;
}

/** The host, and somebody on each of its wires to whom what is sent can be delivered. */
class Host {
  readonly #namespace: Namespace;
  readonly #folder: string;
  readonly #client: ControlClient;
  #modules: DrawnModules = {};
  program!: Program;

  constructor(lab: Laboratory, folder: string) {
    this.#folder = folder;
    this.#client = new ControlClient(join(folder, 'control.sock'));
    this.#namespace = lab.host('a', { addresses: ['10.88.0.1/24'], ipv6: false });
    const peer = lab.host('b', { addresses: ['10.88.0.8/24', '10.88.0.9/24'], ipv6: false });
    lab.join(this.#namespace, 'eth1', peer, 'eth1');
    for (const [namespace, ...addresses] of [
      [this.#namespace, '10.88.1.1/24'],
      [peer, '10.88.1.8/24', '10.88.1.9/24'],
    ] as const) {
      namespace.sysctl('net.ipv6.conf.eth1.disable_ipv6', 1);
      namespace.ip('link', 'set', 'eth1', 'up');
      for (const address of addresses) namespace.ip('address', 'add', address, 'dev', 'eth1');
    }
    for (const name of ['a', 'b'])
      writeFileSync(join(folder, `${name}.pass`), `secret of ${name}`, { mode: 0o600 });
    writeFileSync(join(folder, 'devd.conf'), 'notify 0 { match "system" "CARP"; action "true"; };\n');
  }

  async start(): Promise<void> {
    this.#write({});
    // Without V8's optimizing compiler, whose code is most of what would grow.
    const node = [process.execPath, '--no-opt', '--no-sparkplug', CARPET];
    this.program = this.#namespace.spawn([...node, 'up', '-f', join(this.#folder, 'carpet.yaml')]);
    await this.program.waitForLine(/settings 1 in force/, 15_000);
  }

  /** Applies it; every vhid and router that stays keeps its state. */
  async apply(modules: DrawnModules): Promise<void> {
    const [before, from] = [keys(this.#modules), this.program.lines.length];
    this.#write(modules);
    await this.call('config.apply');
    const stays = keys(modules).filter((key) => before.includes(key));
    const moved = this.program.lines
      .slice(from)
      .flatMap(({ text }) => /(\d+@eth\d): MASTER -> .*/.exec(text) ?? [])
      .filter((name) => stays.includes(name));
    assert.deepEqual(moved, [], JSON.stringify([this.#modules, modules]));
    this.#modules = modules;
    const { changes } = (await this.call('config.diff')) as { changes: unknown[] };
    assert.deepEqual(changes, []);
    assert.deepEqual(await this.#running(), keys(modules).toSorted());
  }

  /** Everybody is MASTER after a while, with its addresses, since no other host is there. */
  async settle({ health }: DrawnModules): Promise<void> {
    if (health !== undefined) return;
    const wanted = [...OWN, ...shared(this.#modules)].toSorted();
    await waitFor(
      JSON.stringify(wanted),
      SETTLED_MS,
      () => JSON.stringify(this.#addresses()) === JSON.stringify(wanted),
      () =>
        `${JSON.stringify(this.#addresses())} with ${JSON.stringify(this.#modules)}\n${this.program.text.slice(-2000)}`,
    );
  }

  /** What there is when nothing is set. @param descriptors waits until these are open, and no others */
  async rest(descriptors?: readonly string[]): Promise<Rest> {
    await this.apply({});
    await waitFor('the end of children', 5000, () => this.#namespace.pids.length === 1);
    const probed = (await this.call('probe')) as Probed;
    const open = (): string => this.#descriptors().join('\n');
    // The connection that asked is closed a moment after it was answered.
    if (descriptors === undefined) await elapse(1000);
    else await waitFor(descriptors.join('\n'), 5000, () => open() === descriptors.join('\n'), open);
    return { ...probed, descriptors: this.#descriptors(), links: this.#namespace.ip('-br', 'address') };
  }

  async call(name: string): Promise<unknown> {
    const verb = (await this.#client.index()).verbs.find((each) => each.name === name);
    assert.ok(verb, `no ${name}`);
    return this.#client.call(verb, {}, 'json');
  }

  async #running(): Promise<string[]> {
    const { carp, vrrp } = this.#modules;
    const vhids = carp === undefined ? [] : ((await this.call('carp')) as { name: string }[]);
    const routers = vrrp === undefined ? [] : ((await this.call('vrrp')) as { name: string }[]);
    return [...vhids, ...routers].map(({ name }) => name).toSorted();
  }

  /** What its descriptors are, without their numbers; of a socket, its kind. */
  #descriptors(): string[] {
    const folder = `/proc/${this.program.pid}`;
    const tables = SOCKETS.map(
      (kind) => [kind, readFileSync(`${folder}/net/${kind}`, 'utf8').split(/\s+/)] as const,
    );
    const kindOf = (inode: string): string =>
      tables.find(([, words]) => words.includes(inode))?.[0] ?? 'other';
    const all = readdirSync(`${folder}/fd`).map((fd) => readlinkSync(`${folder}/fd/${fd}`));
    return all
      .map((each) => each.replace(/^socket:\[(\d+)\]$/, (_, inode: string) => `socket ${kindOf(inode)}`))
      .map((each) => each.replace(/:\[\d+\]$/, ''))
      .toSorted();
  }

  #addresses(): string[] {
    const text = this.#namespace.ip('-o', '-4', 'address', 'show');
    return [...text.matchAll(/inet (10\.88\.\S+)/g)].map(([, address]) => address!).toSorted();
  }

  #write(modules: DrawnModules): void {
    const control = { socket: join(this.#folder, 'control.sock'), readSocket: false };
    const settings = {
      log: { format: 'text' },
      modules: { control, 'ifnet-linux': null, [PROBE]: null, ...modules },
    };
    writeFileSync(join(this.#folder, 'carpet.yaml'), JSON.stringify(settings), { mode: 0o600 });
  }
}

/** Sockets that the driver opens once, for the first MASTER, stay. */
const FIRST: DrawnModules = {
  carp: { vhids: [{ ifname: 'eth0', vhid: 1, passwordFile: 'a.pass', addresses: ['10.88.0.100/24'] }] },
};
/** The files of /proc/PID/net that list sockets. */
const SOCKETS = ['raw', 'packet', 'netlink', 'unix', 'tcp', 'udp'] as const;
const OWN = ['10.88.0.1/24', '10.88.1.1/24'];

/** The names of vhids and virtual routers. */
function keys({ carp, vrrp }: DrawnModules): string[] {
  return [
    ...(carp?.vhids ?? []).map(({ vhid, ifname }) => `${vhid}@${ifname}`),
    ...(vrrp?.routers ?? []).map(({ vrid, ifname }) => `${vrid}@${ifname}`),
  ];
}

function shared({ carp, vrrp }: DrawnModules): string[] {
  const vhids = (carp?.vhids ?? []).filter(({ manageAddresses }) => manageAddresses !== false);
  const routers = (vrrp?.routers ?? []) as unknown as { addresses: string[] }[];
  return [...vhids, ...routers].flatMap(({ addresses }) => [...addresses]);
}
