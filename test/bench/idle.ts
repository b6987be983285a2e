/**
 * What an idle MASTER and an idle BACKUP cost: CPU time, wake-ups and memory over 60 s, carpet next to Debian's ucarp,
 * each pair on a wire of its own, and next to a Node that has a timer and sends. Needs root, ucarp and tcpdump's friends (npm run lab:install).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { elapse, type Program } from '../lab/support/index.js';
import { type Daemon, Pair } from '../lab/support/pair.js';
import { needs } from '../support/needs.js';
import type { Bench, Measurement } from './bench.js';

const EMPTY_NODE = fileURLToPath(new URL('./idle/empty-node.js', import.meta.url));

interface Usage {
  /** Milliseconds on a CPU, all threads. */
  readonly cpu: number;
  readonly wakeUps: number;
}

/** Linux: /proc/PID/schedstat is of the first thread only, so the threads are added up. */
function usage(pid: number): Usage {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    cpu: sum(
      threads.map((thread) => Number(readFileSync(`${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6),
    ),
    wakeUps: sum(threads.map((thread) => field(`${thread}/status`, 'voluntary_ctxt_switches'))),
  };
}

function field(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))![1]);
}

function memory(name: string, pid: number): Measurement[] {
  const kib = (kind: string, value: number): Measurement => ({ id: `${name}/${kind}`, value, unit: 'KiB' });
  return [
    kib('rss', field(`/proc/${pid}/status`, 'VmRSS')),
    kib('pss', field(`/proc/${pid}/smaps_rollup`, 'Pss')),
  ];
}

type Named = readonly [name: string, program: Program];

async function settle(daemon: Daemon, pair: Pair): Promise<Named[]> {
  const master = pair.a.start(daemon);
  await master.waitForLine(/state: MASTER/, 15_000);
  const backup = pair.b.start(daemon, '-k 50');
  await backup.waitForLine(/state: BACKUP/, 15_000);
  return [
    [`idle/${daemon}/master`, master],
    [`idle/${daemon}/backup`, backup],
  ];
}

export const rounds = 5;

export const bench: Bench = async ({ quick, log }) => {
  const missing = needs('root', 'netns', 'native', 'program:ucarp');
  if (missing) throw new Error(`idle ${missing}`);
  const closers: (() => unknown)[] = [];
  const owner = { after: (close: () => unknown) => void closers.push(close) };
  try {
    const pairs = { carpet: await Pair.open(owner), ucarp: await Pair.open(owner) };
    const { a, b } = pairs.carpet;
    const programs: Named[] = [
      ...(await settle('carpet', pairs.carpet)),
      ...(await settle('ucarp', pairs.ucarp)),
      ['idle/node', a.namespace.spawn([process.execPath, EMPTY_NODE, b.address])],
    ];
    await elapse(quick ? 1000 : 45_000); // start-up is over, its code compiled, its garbage collected
    const seconds = quick ? 5 : 60;
    const before = programs.map(([, { pid }]) => usage(pid));
    log(`idle: ${seconds} s`);
    await elapse(seconds * 1000);
    const found = programs.flatMap(([name, { pid }], index) => {
      const { cpu, wakeUps } = usage(pid);
      const scale = 60 / seconds;
      return [
        { id: `${name}/cpu`, value: (cpu - before[index]!.cpu) * scale, unit: 'ms/min' },
        { id: `${name}/wakeups`, value: (wakeUps - before[index]!.wakeUps) * scale, unit: '/min' },
        ...memory(name, pid),
      ];
    });
    return [...found, besideEmptyNode(found)];
  } finally {
    for (const close of closers) await close();
  }
};

function besideEmptyNode(found: readonly Measurement[]): Measurement {
  const cpu = (name: string): number => found.find(({ id }) => id === `idle/${name}/cpu`)!.value;
  return { id: 'idle.master.cpu_vs_empty_node', value: cpu('carpet/master') / cpu('node'), unit: 'x' };
}
