import type { EventHandlerRegistry } from '../../../core/index.js';
import type { MaintainedProtocol, MaintainedVip } from '../../vip/index.js';
import type { CarpVhid } from '../vhid.js';

/** CARP's part in maintenance: the handlers of its own lists are told of its own vhids. */
export function maintained(
  eventhandler: EventHandlerRegistry,
  vhids: () => readonly (MaintainedVip & CarpVhid)[],
): MaintainedProtocol {
  const among = (vips: readonly unknown[]): CarpVhid[] => vhids().filter((vhid) => vips.includes(vhid));
  return {
    vips: vhids,
    leaving: (signal, vips, reason) =>
      eventhandler.invokeUntil(signal, 'carp_drain_event', among(vips), reason),
    returning: (signal, vips) => eventhandler.invokeUntil(signal, 'carp_undrain_event', among(vips)),
  };
}
