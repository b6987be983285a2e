import { randomBytes } from 'node:crypto';
import { setTimeout as elapse } from 'node:timers/promises';
import type { Kernel } from '../../../core/index.js';
import type { LogSink } from '../../../core/log/index.js';
import { LinuxTap } from '../../capture/index.js';
import { IPPROTO_CARP } from '../../carp/index.js';
import {
  type Diagnosis,
  ETHERTYPE_PROBE,
  examine,
  type Finding,
  hostFacts,
  IPPROTO_PROBE,
  type SubjectVhid,
} from '../../doctor/index.js';
import { ETHERTYPE_ARP, IfnetModule, IPPROTO_ICMPV6 } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { Libc } from '../../libc/index.js';
import { UsageError } from '../failure.js';
import { withKernel } from '../kernel.js';
import { counterFindings } from './counters.js';
import type { DoctorOptions } from './options.js';
import { printJson, printText } from './printer.js';
import { findVhids } from './vhids.js';

/** Exit status when something was found. */
const EXIT_FINDINGS = 3;
/** Advertisements that a MASTER sends while the doctor listens. */
const ROUNDS = 4;
const MAX_SECONDS = 60;
const IPPROTO_IGMP = 2;

/**
 * Examines the interfaces and prints what was found.
 *
 * @returns the exit status: 0 if nothing was found, 3 if something was
 * @throws UsageError; CarpetError where it cannot be examined
 */
export async function runDoctor(options: DoctorOptions, log: LogSink): Promise<number> {
  const { vhids, counters } = await findVhids(options);
  const ifnames = new Set([...options.interface, ...vhids.map(({ ifname }) => ifname)]);
  if (ifnames.size === 0)
    throw new UsageError(
      'no CARP and no VRRP runs here: name an interface with -i, or a settings file with -f',
    );
  const chosen = options.interface.length > 0 ? options.interface : [...ifnames];
  const slowest = Math.max(1, ...vhids.map(({ advbase }) => advbase + 1));
  const seconds = options.seconds ?? Math.min(MAX_SECONDS, slowest * ROUNDS);
  announce(chosen, seconds, options.probes);
  const before = await counters();
  const diagnosis = await withKernel({ log }, async (kernel) => {
    await kernel.load(LinuxDriver, { neighbours: false, redirects: false });
    return merge(
      await Promise.all(chosen.map((ifname) => examineOne(kernel, ifname, vhids, seconds, options.probes))),
    );
  });
  const after = await counters();
  const findings: Finding[] = [...diagnosis.findings, ...counterFindings(before, after)];
  const print = options.json === true ? printJson : printText;
  print({ findings, notes: diagnosis.notes }, chosen, vhids);
  return findings.length === 0 ? 0 : EXIT_FINDINGS;
}

function announce(ifnames: readonly string[], seconds: number, probes: boolean): void {
  const sends = probes ? ' and sends probes that all other programs ignore' : '';
  process.stderr.write(`carpet: listens to ${ifnames.join(', ')} for ${seconds} s${sends}\n`);
}

function examineOne(
  kernel: Kernel,
  ifname: string,
  vhids: readonly SubjectVhid[],
  seconds: number,
  probes: boolean,
): Promise<Diagnosis> {
  const ifnet = kernel.get(IfnetModule);
  const { clock } = kernel;
  return examine({
    ifname,
    vhids: vhids.filter((vhid) => vhid.ifname === ifname),
    facts: () => hostFacts(ifnet),
    duration: seconds * 1000,
    probes,
    run: randomBytes(8).toString('hex'),
    clock,
    wait: elapse,
    tap: (index, packet) =>
      new LinuxTap({
        libc: Libc.load(),
        index,
        packet,
        wallTime: () => clock.wallTime(),
        filter: {
          etherTypes: [ETHERTYPE_PROBE, ETHERTYPE_ARP],
          protocols: [IPPROTO_CARP, IPPROTO_PROBE, IPPROTO_IGMP, IPPROTO_ICMPV6],
        },
      }),
  });
}

function merge(all: readonly Diagnosis[]): Diagnosis {
  return {
    findings: all.flatMap(({ findings }) => findings),
    notes: [...new Set(all.flatMap(({ notes }) => notes))],
  };
}
