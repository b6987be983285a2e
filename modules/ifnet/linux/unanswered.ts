import { IfnetError } from '../index.js';
import * as nl from './netlink/constants.js';
import {
  dumpNeighbours,
  type NeighbourReport,
  parseNeighbour,
  setNeighbourState,
} from './netlink/neighbour.js';
import type { Requests } from './requests.js';

/**
 * For an interface whose carrier is back. What it asked its neighbours meanwhile nobody has heard, but Linux waits a second for
 * the answer before it asks again, and holds back until then whatever is for that neighbour: a blip of half a second cost
 * one and a quarter. Such an entry becomes one that was not asked for yet: the next packet asks at once, and takes along
 * what was held back.
 *
 * @throws IfnetError where the kernel refuses
 */
export function askNeighboursAnew(
  ifp: { readonly index: number; readonly name: string },
  requests: Requests,
): void {
  const asked: NeighbourReport[] = [];
  requests.request(ifp.name, 'read its neighbours', dumpNeighbours(ifp.index), (message) => {
    const report = parseNeighbour(message);
    // Before Linux 4.4 all neighbours are listed.
    if (report?.index === ifp.index && report.state === nl.NUD_INCOMPLETE) asked.push(report);
  });
  for (const report of asked) {
    try {
      requests.request(ifp.name, `ask for ${report.address} anew`, setNeighbourState(report, nl.NUD_NONE));
    } catch (error) {
      // It has answered or gone meanwhile.
      if (!(error instanceof IfnetError && error.code === 'ENOENT')) throw error;
    }
  }
}
