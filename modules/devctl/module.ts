/**
 * @module
 * From an event to a record, and from there to the reader.
 *
 * In this order: a source of events calls `notify`, `attach`, `detach` or `nomatch`; the record is formatted and queued;
 * `devctl_event` is invoked; when the running code has ended (a microtask later), the reader gets everything that is
 * queued, in one batch. The reader never polls. Without a reader, records wait, up to `hw.bus.devctl_queue` of them; then
 * the oldest make room, and the next batch reports how many were lost. With a reader, a burst that fills the queue is
 * read at once, within the caller: nothing is lost.
 *
 * The handlers below make records of other modules' events. They run at EVENTHANDLER_PRI_LAST, when the other handlers
 * are done, and depend on the lists, not on the modules behind them: a kernel without CARP has no records of CARP.
 *
 * Re-entry: a handler of `devctl_event` and the reader may notify; those records come in a later batch.
 */
import * as v from 'valibot';
import {
  Clock,
  type Counter,
  EVENTHANDLER_PRI_LAST,
  EventHandler,
  type EventHandlerList,
  EventHandlerRegistry,
  inject,
  type Json,
  Log,
  Module,
  Scope,
  type SysctlBool,
} from '../../core/index.js';
import type { CarpStateChange, CarpVhid } from '../carp/index.js';
import type { HealthStatus } from '../health/index.js';
import type { IfAddress, IfaddrOp, Ifnet, InetAddress, LinkState } from '../ifnet/index.js';
import type { VrrpRouter, VrrpStateChange } from '../vrrp/index.js';
import { CarpFeeder } from './carp-feeder.js';
import type { DevctlEvents } from './events.js';
import { IfnetFeeder } from './ifnet-feeder.js';
import { DevctlNode } from './node.js';
import type { DevEventInfo } from './queue.js';
import type { DevctlData } from './quote.js';
import type { DevctlReader, ReadRecords } from './reader.js';
import { type DevctlDevice, deviceRecord, nomatchRecord, notifyRecord } from './record.js';

/** Longest record that is kept, in bytes of UTF-8 with its newline: what devd, and its clients, read at once. */
export const DEVCTL_MAXBUF = 8192;

const stateSchema = v.object({ records: v.array(v.object({ text: v.string(), time: v.number() })) });

/** devctl(4): the events of this kernel as lines of text, in a bounded queue for one reader, which is devd. */
@Module({
  name: 'devctl',
  reload: 'after', // Records that come while dependents end must be in the queue that is handed over.
})
export class DevctlModule {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #list: EventHandlerList<Parameters<DevctlEvents['devctl_event']>>;
  readonly #nomatch: SysctlBool;
  readonly #records: Counter;
  readonly #oversize: Counter;
  readonly #node: DevctlNode;
  readonly #ifnet: IfnetFeeder;
  readonly #carp: CarpFeeder;
  readonly #vrrp: SysctlBool;

  constructor(
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
    @inject(Scope) scope: Scope,
    @inject(EventHandlerRegistry) eventhandler: EventHandlerRegistry,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#list = eventhandler.defineList('devctl_event');
    this.#node = new DevctlNode(log, scope);
    this.#nomatch = scope.sysctl.bool('hw.bus.devctl_nomatch_enabled', {
      description: 'make records of devices that no driver claims',
      value: true,
    });
    this.#records = scope.sysctl.counter('hw.bus.devctl_records', 'records made');
    this.#oversize = scope.sysctl.counter(
      'hw.bus.devctl_oversize',
      `records refused because they were longer than ${DEVCTL_MAXBUF} bytes`,
    );
    const notify = this.notify.bind(this);
    this.#ifnet = new IfnetFeeder(notify, scope);
    this.#carp = new CarpFeeder(notify, scope);
    this.#vrrp = scope.sysctl.bool('hw.bus.devctl.vrrp', {
      description: 'make records of VRRP states (system=VRRP subsystem=vrid@ifname)',
      value: true,
    });
  }

  /**
   * devctl_notify(9): queues `!system=S subsystem=U type=T data`.
   *
   * @param data variables, quoted as needed; or text in `key=value` form, taken as it is
   * @throws CarpetError EINVAL when one of the three is empty or has a blank, or a variable's name is not valid
   */
  notify(system: string, subsystem: string, type: string, data?: DevctlData): void {
    this.#enqueue(notifyRecord(system, subsystem, type, data));
  }

  /** Queues `+name at location pnpinfo on parent`: a device came. @throws CarpetError EINVAL as `notify` */
  attach(device: DevctlDevice): void {
    this.#enqueue(deviceRecord('+', device));
  }

  /** Queues `-name at …`: a device has gone. @throws CarpetError EINVAL as `notify` */
  detach(device: DevctlDevice): void {
    this.#enqueue(deviceRecord('-', device));
  }

  /** Queues `? at …`: a device came that no driver claims. @throws CarpetError EINVAL as `notify` */
  nomatch(device: Omit<DevctlDevice, 'name'>): void {
    if (this.#nomatch.value) this.#enqueue(nomatchRecord(device));
  }

  /**
   * Opens /dev/devctl: from now on `read` gets the records, those that were queued before first.
   *
   * @throws CarpetError EBUSY while it is open already: clients of devd share its reader through devd
   */
  open(read: ReadRecords): DevctlReader {
    return this.#node.open(read);
  }

  /** Records that wait for the reader. */
  get queued(): number {
    return this.#node.queued;
  }

  /** The records that no reader has had. */
  handover(): Json {
    return { records: this.#node.list().map(({ text, time }) => ({ text, time })) };
  }

  /** They wait here, instead of what this kernel has noticed of the same events while it stood by. */
  takeover(state: Json): void {
    const { records } = v.parse(stateSchema, state);
    this.#node.replace(records.map((record) => ({ ...record, sequence: this.#count() })));
  }

  @EventHandler('ifnet_arrival_event', EVENTHANDLER_PRI_LAST)
  onArrival(ifp: Ifnet): void {
    this.#ifnet.arrival(ifp);
  }

  @EventHandler('ifnet_departure_event', EVENTHANDLER_PRI_LAST)
  onDeparture(ifp: Ifnet): void {
    this.#ifnet.departure(ifp);
  }

  @EventHandler('ifnet_link_event', EVENTHANDLER_PRI_LAST)
  onLink(ifp: Ifnet, state: LinkState): void {
    this.#ifnet.link(ifp, state);
  }

  @EventHandler('ifnet_rename_event', EVENTHANDLER_PRI_LAST)
  onRename(ifp: Ifnet, oldName: string): void {
    this.#ifnet.rename(ifp, oldName);
  }

  @EventHandler('ifaddr_event', EVENTHANDLER_PRI_LAST)
  onAddress(ifp: Ifnet, address: IfAddress, op: IfaddrOp): void {
    this.#ifnet.address(ifp, address, op);
  }

  @EventHandler('address_conflict_event', EVENTHANDLER_PRI_LAST)
  onConflict(ifp: Ifnet, address: InetAddress, lladdr: Uint8Array): void {
    this.#ifnet.conflict(ifp, address, lladdr);
  }

  /** Not of a change that a handler has taken back: the record of that is there already, and is to stay the last one. */
  @EventHandler('carp_state_event', EVENTHANDLER_PRI_LAST)
  onCarpState(vhid: CarpVhid, { to }: CarpStateChange): void {
    if (vhid.state === to) this.#carp.state(vhid, to);
  }

  /** `VRRP 7@eth0 MASTER`, `VRRP 7v6@eth0 BACKUP`. */
  @EventHandler('vrrp_state_event', EVENTHANDLER_PRI_LAST)
  onVrrpState(router: VrrpRouter, { to }: VrrpStateChange): void {
    if (this.#vrrp.value && router.state === to) this.notify('VRRP', router.name, to);
  }

  /** `HEALTH web UP`, `HEALTH web DOWN kind=… reason=…`. */
  @EventHandler('health_event', EVENTHANDLER_PRI_LAST)
  onHealth({ name, verdict, kind, last }: HealthStatus): void {
    this.notify('HEALTH', name, verdict.toUpperCase(), { kind, reason: last });
  }

  #count(): number {
    this.#records.add();
    return this.#records.value;
  }

  #enqueue(text: string): void {
    if (isOversize(text)) {
      this.#oversize.add();
      this.#log.limited('oversize').warning(`a record was longer than ${DEVCTL_MAXBUF} bytes and is lost`);
      return;
    }
    const record: DevEventInfo = { text, time: this.#clock.wallTime(), sequence: this.#count() };
    this.#node.put(record);
    this.#list.invoke(record);
  }
}

/** A character is at most three bytes of UTF-8 for each unit, so that only long records are measured. */
function isOversize(text: string): boolean {
  const room = DEVCTL_MAXBUF - 1;
  return text.length * 3 > room && (text.length > room || new TextEncoder().encode(text).length > room);
}
