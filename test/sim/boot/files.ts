/** Random settings files, every one of them valid. */
import fc from 'fast-check';

/** As in a file; addresses are given out afterwards, so that no two vhids have the same. */
export interface DrawnVhid {
  readonly ifname: string;
  readonly vhid: number;
  readonly passwordFile: string;
  readonly addresses: readonly string[];
  readonly [setting: string]: unknown;
}

export interface DrawnFile {
  readonly modules: Readonly<Record<string, unknown>>;
  readonly sysctl: Readonly<Record<string, number>>;
  /** How long it is in force, in ms. */
  readonly lasts: number;
  /** Which operation fails when it is applied; 0: none. */
  readonly fault: number;
}

/** How long a kernel needs until every vhid is MASTER, whatever its settings. */
export const SETTLED_MS = 20_000;

const vhid = fc.record(
  {
    ifname: fc.constantFrom('eth0', 'eth1'),
    vhid: fc.integer({ min: 1, max: 5 }),
    passwordFile: fc.constantFrom('a.pass', 'b.pass'),
    addresses: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }),
    advbase: fc.integer({ min: 1, max: 2 }),
    advskew: fc.integer({ min: 0, max: 254 }),
    deadRatio: fc.integer({ min: 2, max: 4 }),
    preempt: fc.boolean(),
    preemptDelay: fc.constantFrom(0, 1000),
    election: fc.constantFrom('auto', 'bsd', 'openbsd', 'ucarp', 'ucarp-be'),
    peers: fc.constantFrom([], [9], [9, 8]),
    group: fc.constantFrom('224.0.0.18', '224.0.0.19'),
    broadcast: fc.boolean(),
    ttl: fc.constantFrom(255, 64),
    virtualMac: fc.constantFrom(false, true, 'service'),
    allow: fc.constantFrom([], ['10.88.0.0/16']),
    replay: fc.constantFrom('off', 'loop', 'window', 'strict'),
    manageAddresses: fc.boolean(),
    bowOut: fc.boolean(),
    delayedGarp: fc.boolean(),
    garpRefresh: fc.constantFrom(0, 700),
    groups: fc.constantFrom(['carp'], ['carp', 'blue']),
  },
  { requiredKeys: ['ifname', 'vhid', 'passwordFile', 'addresses'] },
);

/** Settings of the module `carp`, on eth0 and eth1. */
export const drawnCarp = fc
  .uniqueArray(vhid, { maxLength: 6, selector: ({ ifname, vhid: number }) => `${number}@${ifname}` })
  .map((vhids) => ({ vhids: withAddresses(vhids) }));

/** The first that wants an address has it; who is left without gets one of its own. */
function withAddresses(
  vhids: readonly { ifname: string; vhid: number; addresses: number[]; peers?: readonly number[] }[],
): DrawnVhid[] {
  const taken = new Set<string>();
  return vhids.map((each) => {
    const net = each.ifname === 'eth0' ? '10.88.0' : '10.88.1';
    const free = each.addresses.map((n) => `${net}.${100 + n}/24`).filter((a) => !taken.has(a));
    for (const address of free) taken.add(address);
    const addresses = free.length > 0 ? [...new Set(free)] : [`${net}.${200 + each.vhid}/24`];
    const peers = each.peers?.map((n) => `${net}.${n}`);
    return { ...each, addresses, ...(peers && { peers }) } as unknown as DrawnVhid;
  });
}

const empty = fc.constant(null);

const modules = fc
  .record(
    {
      carp: drawnCarp,
      devctl: empty,
      trace: empty,
      'notify-peers': empty,
      gauge: fc.oneof(empty, fc.record({ level: fc.integer({ min: 0, max: 9 }) })),
      stiff: fc.oneof(empty, fc.record({ x: fc.integer({ min: 0, max: 2 }) })),
      user: empty,
    },
    { requiredKeys: [] },
  )
  .chain((drawn) => fc.shuffledSubarray(Object.entries(drawn), { minLength: Object.keys(drawn).length }))
  .map((entries) => Object.fromEntries(entries));

/** Sysctls, and the module without which each is not there. */
const SYSCTLS: readonly [name: string, module: string | undefined, values: readonly number[]][] = [
  ['kern.shutdown.timeout', undefined, [1000, 20_000]],
  ['net.inet.carp.preempt', 'carp', [0, 1]],
  ['net.inet.carp.log', 'carp', [0, 2]],
  ['net.inet.carp.dscp', 'carp', [0, 48]],
  ['net.inet.carp.demotion', 'carp', [1, 100]],
  ['net.link.notify_peers.count', 'notify-peers', [1, 3]],
  ['hw.bus.devctl_queue', 'devctl', [10, 500]],
];

const sysctl = (drawn: Readonly<Record<string, unknown>>): fc.Arbitrary<Record<string, number>> => {
  const there = SYSCTLS.filter(
    ([, module]) => module === undefined || module in drawn || (module === 'notify-peers' && 'carp' in drawn),
  );
  return fc
    .subarray(there.slice())
    .chain((some) =>
      fc.tuple(...some.map(([name, , values]) => fc.constantFrom(...values).map((value) => [name, value]))),
    )
    .map((pairs) => Object.fromEntries(pairs as [string, number][]));
};

export const drawnFile: fc.Arbitrary<DrawnFile> = modules.chain((drawn) =>
  fc.record({
    modules: fc.constant(drawn),
    sysctl: sysctl(drawn),
    fault: fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, fc.integer({ min: 1, max: 12 })),
    lasts: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5000 }), fc.constant(SETTLED_MS)),
  }),
);
