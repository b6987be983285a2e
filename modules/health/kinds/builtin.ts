import type { Clock, Random } from '../../../core/index.js';
import type { IfnetModule } from '../../ifnet/index.js';
import type { CheckSettings } from '../settings.js';
import { probeCommand } from './command.js';
import type { Disks } from './disks.js';
import { probeFile } from './file.js';
import type { HostNames } from './host-names.js';
import { probeHttp } from './http.js';
import { probeIcmp } from './icmp.js';
import { probeInterface } from './interface.js';
import { probePressure } from './pressure.js';
import { probeProcess } from './process.js';
import type { HealthKinds } from './registry.js';
import { probeTcp } from './tcp.js';
import { probeUnit } from './unit.js';

/** What probes need. */
export interface ProbeNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly ifnet: IfnetModule;
  readonly kinds: HealthKinds;
  readonly names: HostNames;
  readonly disks: Disks;
}

/** Looks once, as the settings say. @returns a few words; rejects with the reason for a failure */
export async function probe(
  settings: CheckSettings,
  signal: AbortSignal,
  needs: ProbeNeeds,
): Promise<string | void> {
  const { clock, names, disks } = needs;
  switch (settings.kind) {
    case 'command':
      return probeCommand(settings, signal, clock);
    case 'file':
      return disks.look(settings.path, signal, () => probeFile(settings, clock.wallTime()));
    case 'process':
      return probeProcess(settings, signal, disks);
    case 'tcp':
      return probeTcp(settings, signal, names.lookup);
    case 'http':
      return probeHttp(settings, signal, names.lookup);
    case 'icmp':
      return probeIcmp(settings, signal, needs);
    case 'interface':
      return probeInterface(settings, needs.ifnet);
    case 'unit':
      return probeUnit(settings, signal, clock);
    case 'pressure':
      return probePressure(settings);
    case 'module': {
      const own = await needs.kinds.find(settings.of, settings.timeout / 2, clock, signal);
      return own(settings.with, signal);
    }
  }
}

/** The host whose name the check looks up; undefined if it looks up none. */
export function hostOf(settings: CheckSettings): string | undefined {
  switch (settings.kind) {
    case 'tcp':
      return settings.host;
    case 'http':
      return new URL(settings.url).hostname;
    default:
      return undefined;
  }
}
