import type { EventHandlerRegistry } from '../../../core/index.js';
import { type MaintainedVip, Maintenance, type MaintenanceNeeds } from '../../vip/index.js';
import type { CarpTunables } from '../tunables.js';
import type { CarpVhid } from '../vhid.js';

type Vhid = MaintainedVip & CarpVhid;

/** Maintenance of CARP's vhids. */
export type CarpMaintenance = Maintenance<Vhid>;

type CarpMaintenanceNeeds = Pick<
  MaintenanceNeeds<Vhid>,
  'scope' | 'store' | 'log' | 'demotion' | 'succession' | 'vhids'
> & { readonly eventhandler: EventHandlerRegistry; readonly tunables: Pick<CarpTunables, 'drainTimeout'> };

/** Leaves with `carp_drain_event`, and comes back with `carp_undrain_event`. */
export function makeMaintenance({ eventhandler, tunables, ...needs }: CarpMaintenanceNeeds): CarpMaintenance {
  return new Maintenance({
    ...needs,
    protocol: 'carp',
    patience: tunables.drainTimeout,
    draining: {
      name: 'carp_drain_event',
      invoke: (signal, vhids, reason) => eventhandler.invokeUntil(signal, 'carp_drain_event', vhids, reason),
    },
    undraining: {
      name: 'carp_undrain_event',
      invoke: (signal, vhids) => eventhandler.invokeUntil(signal, 'carp_undrain_event', vhids),
    },
  });
}
