/**
 * No change is ever lost: a storm of changes with a receive buffer so small that the kernel must drop reports. At each
 * quiet point carpet's table is what `ip -j addr` says, and so is what the events alone, replayed, make of the start.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Kernel } from '../../core/index.js';
import { formatLladdr, type Ifnet, IfnetModule } from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace, type Program, waitFor } from './support/index.js';

const TINY = 8192;
const QUIET_MS = 30_000;

/** An interface as all three see it: `ip -j addr`, the table, and the replay. */
interface Row {
  name: string;
  up: boolean;
  mtu: number;
  lladdr: string;
  addresses: Set<string>;
}

describe('a storm of changes', { skip: needs('root', 'netns', 'native') }, () => {
  it('of 2,000 interfaces, 10,000 addresses and 1,000 link flaps leaves no trace of doubt', async (t) => {
    const storm = await Storm.start(t, TINY);
    await storm.run('2,000 interfaces made', [
      ...each(1900, (i) => `link add s${i} group 7 type ifb`),
      ...each(50, (i) => `link add v${i} type veth peer name w${i}`),
    ]);
    await storm.run('renamed, changed and brought up', [
      ...each(300, (i) => `link set s${i} name r${i} mtu ${1000 + i}`),
      ...each(50, (i) => `link set v${i} address 02:00:00:00:77:${hex(i)}`),
      ...each(300, (i) => `link set r${i} up`),
    ]);
    await storm.run('removed, most of them at once', [
      ...each(50, (i) => `link del v${i}`),
      'link del group 7',
    ]);
    await storm.run('10,000 address changes', [
      ...each(5000, (i) => `addr add 10.${i >> 12}.${(i >> 4) & 255}.${i & 15}/32 dev flap0`),
      ...each(4900, (i) => `addr del 10.${i >> 12}.${(i >> 4) & 255}.${i & 15}/32 dev flap0`),
      ...each(100, (i) => `addr add fd00::${hex(i)}/64 dev flap0 nodad`),
    ]);
    await storm.run(
      '1,000 link flaps',
      each(1000, () => ['link set flap1 down', 'link set flap1 up']).flat(),
    );
    assert.ok(storm.overruns > 0, 'the buffer was not small enough to test anything');
    t.diagnostic(`${storm.events} events, ${storm.overruns} overruns`);
  });

  it('arrives without a loss where the buffer is of the default size', async (t) => {
    const storm = await Storm.start(t);
    await storm.run('interfaces and addresses', [
      ...each(200, (i) => `link add s${i} group 7 type ifb`),
      ...each(1000, (i) => `addr add 10.1.${i >> 4}.${i & 15}/32 dev flap0`),
      ...each(1000, (i) => `addr del 10.1.${i >> 4}.${i & 15}/32 dev flap0`),
      'link del group 7',
    ]);
    assert.equal(storm.overruns, 0);
    // Arrival, clone, two groups with their changes, departure and clone again; then 2,000 of addresses.
    assert.equal(storm.count('ifnet_arrival_event'), 200 + 3);
    assert.equal(storm.count('ifnet_departure_event'), 200);
    assert.equal(storm.count('ifaddr_event'), 2000 + storm.addressesAtStart);
  });
});

class Storm {
  /** What the events alone say. */
  private readonly replay = new Map<Ifnet, Row>();
  private readonly counts = new Map<string, number>();
  /** A handler that throws is the registry's to deal with, so its assertions are kept for `run`. */
  private readonly failures: unknown[] = [];
  addressesAtStart = 0;

  private constructor(
    private readonly host: Namespace,
    private readonly kernel: Kernel,
    private readonly folder: string,
  ) {}

  static async start(t: TestContext, receiveBuffer?: number): Promise<Storm> {
    const lab = Laboratory.open(t);
    const host = lab.namespace('storm');
    lab.join(host, 'flap0', host, 'flap1');
    for (const ifname of ['flap0', 'flap1']) host.ip('link', 'set', ifname, 'addrgenmode', 'none', 'up');
    host.sysctl('net.ipv6.conf.default.disable_ipv6', 1);
    const folder = mkdtempSync(join(tmpdir(), 'carpet-storm-'));
    const kernel = new Kernel();
    const storm = new Storm(host, kernel, folder);
    storm.record();
    await kernel.load(LinuxDriver, {
      netns: host.name,
      ...(receiveBuffer === undefined ? {} : { receiveBuffer }),
    });
    storm.addressesAtStart = storm.count('ifaddr_event');
    t.after(() => rmSync(folder, { recursive: true }));
    t.after(() => kernel.shutdown());
    return storm;
  }

  get overruns(): number {
    return Number(this.kernel.sysctl.get('net.link.linux.overruns')!.value);
  }

  get events(): number {
    return [...this.counts.values()].reduce((sum, n) => sum + n, 0);
  }

  count(event: string): number {
    return this.counts.get(event) ?? 0;
  }

  /** Lets `ip -batch` do all that at once, and compares when it is quiet again. */
  async run(what: string, commands: readonly string[]): Promise<void> {
    const file = join(this.folder, 'batch');
    writeFileSync(file, `${commands.join('\n')}\n`);
    const batch: Program = this.host.spawn(['ip', '-batch', file]);
    const exit = await batch.exited;
    assert.equal(exit.code, 0, `${what}: ${batch.text}`);
    await waitFor(
      `quiet after: ${what}`,
      QUIET_MS,
      () => this.differences().length === 0,
      () => this.differences().slice(0, 10).join('\n'),
    );
    await elapse(100);
    assert.deepEqual(this.differences(), [], what);
    if (this.failures.length > 0) throw this.failures[0];
  }

  private differences(): string[] {
    const truth = this.truth();
    const table = new Map(
      this.kernel
        .get(IfnetModule)
        .list()
        .map((ifp) => [ifp.name, rowOf(ifp)]),
    );
    const replay = new Map([...this.replay.values()].map((row) => [row.name, row]));
    return [...compare('table', table, truth), ...compare('replay', replay, truth)];
  }

  private truth(): Map<string, Row> {
    const links = JSON.parse(this.host.ip('-j', 'addr')) as IpAddrLink[];
    return new Map(
      links.map((link) => [
        link.ifname,
        {
          name: link.ifname,
          up: link.flags.includes('UP'),
          mtu: link.mtu,
          lladdr: link.address ?? '',
          addresses: new Set(link.addr_info.map((a) => `${a.local}/${a.prefixlen}`)),
        },
      ]),
    );
  }

  private record(): void {
    const { eventhandler } = this.kernel;
    const on: typeof eventhandler.register = ((name: string, handler: (...args: unknown[]) => void) =>
      eventhandler.register(name as 'ifnet_event', (...args: unknown[]) => {
        this.counts.set(name, this.count(name) + 1);
        try {
          handler(...args);
        } catch (error) {
          this.failures.push(error);
        }
      })) as typeof eventhandler.register;
    const row = (ifp: Ifnet): Row => {
      const known = this.replay.get(ifp);
      assert.ok(known, `an event of ${ifp.name}, which has not arrived`);
      return known;
    };
    on('ifnet_arrival_event', (ifp) => void this.replay.set(ifp, rowOf(ifp)));
    on('ifnet_departure_event', (ifp) => void this.replay.delete(ifp));
    on('ifnet_rename_event', (ifp) => void (row(ifp).name = ifp.name));
    on('ifnet_event', (ifp, event) => void (row(ifp).up = event === 'UP'));
    on('ifnet_mtu_event', (ifp, mtu) => void (row(ifp).mtu = mtu));
    on('iflladdr_event', (ifp) => void (row(ifp).lladdr = formatLladdr(ifp.lladdr)));
    on('ifaddr_event', (ifp, { prefix }, op) => {
      const { addresses } = row(ifp);
      const text = prefix.toString();
      // Each address comes before it changes or goes, and comes once: else the events could not be replayed.
      assert.equal(addresses.has(text), op !== 'ADD', `${op} ${text}`);
      if (op === 'DEL') addresses.delete(text);
      else addresses.add(text);
      assert.equal(
        ifp.addresses.some((a) => a.prefix.equals(prefix)),
        op !== 'DEL',
        'the state fits the event',
      );
    });
  }
}

interface IpAddrLink {
  ifname: string;
  flags: string[];
  mtu: number;
  address?: string;
  addr_info: { local: string; prefixlen: number }[];
}

function rowOf(ifp: Ifnet): Row {
  const { name, mtu } = ifp;
  const addresses = new Set(ifp.addresses.map((a) => a.prefix.toString()));
  return { name, up: ifp.flags.up, mtu, lladdr: formatLladdr(ifp.lladdr), addresses };
}

function compare(what: string, rows: Map<string, Row>, truth: Map<string, Row>): string[] {
  const parts = (row: Row | undefined): string[] =>
    row ? [`${row.up} ${row.mtu} ${row.lladdr}`, ...row.addresses] : ['absent'];
  const without = (some: string[], others: string[]): string[] => {
    const known = new Set(others);
    return some.filter((part) => !known.has(part));
  };
  return [...new Set([...rows.keys(), ...truth.keys()])].flatMap((name) => {
    const [has, should] = [parts(rows.get(name)), parts(truth.get(name))];
    const [tooMany, missing] = [without(has, should), without(should, has)];
    if (tooMany.length + missing.length === 0) return [];
    return `${what} ${name}: ${tooMany.join(' ')} instead of ${missing.join(' ')}`.slice(0, 300);
  });
}

function each<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function hex(n: number): string {
  return (n & 255).toString(16).padStart(2, '0');
}
