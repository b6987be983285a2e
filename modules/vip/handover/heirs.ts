import { type Clock, Slices } from '../../../core/time/index.js';
import { VipError } from '../errors.js';

interface Named {
  readonly name: string;
}

/**
 * Each state with the virtual host that goes on with it.
 *
 * @param nameOf the name that it has in both processes
 * @throws VipError EHANDOVER when one is missing here
 */
export function heirs<Host extends Named, State>(
  protocol: string,
  hosts: readonly Host[],
  states: readonly State[],
  nameOf: (state: State) => string,
): [Host, State][] {
  const own = new Map(hosts.map((host) => [host.name, host]));
  const missing = states.map(nameOf).filter((name) => !own.has(name));
  if (missing.length > 0)
    throw new VipError(
      'EHANDOVER',
      `${protocol}: the settings lack ${missing.join(', ')}, which runs: remove it with carpet config apply first`,
    );
  return states.map((state) => [own.get(nameOf(state))!, state]);
}

/** Reports a virtual host's state to the handlers, unless it has changed by then. */
export type PresentReport = () => void;

/** After the advertisements that have come due while the processes changed places, and in slices between them. */
export async function reportInSlices(reports: readonly PresentReport[], clock: Clock): Promise<void> {
  const slices = new Slices(clock);
  await slices.next();
  for (const report of reports) {
    if (slices.over) await slices.next();
    report();
  }
}
