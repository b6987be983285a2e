/**
 * The kernel's uevents (NETLINK_KOBJECT_UEVENT) as records of devctl: devices that come and go, with all that the
 * kernel says of them as variables. What EVENTHANDLER(9) has a list for is invoked too, after its record: see
 * device-lists.ts.
 *
 * It listens to the kernel itself, not to udevd: records come before udev's rules have run, so that names and links
 * in /dev which udev makes may not be there yet. A network namespace is told of its own network devices, and of all that is
 * no network device, unless a user namespace other than the first one owns it (Linux 4.18).
 *
 * Known not to work: what the kernel reports faster than it is read is lost, counted and logged; there is no list to
 * read again, other than `udevadm trigger`. Power supplies and sources of randomness alone are read again from /sys.
 */
import * as v from 'valibot';
import {
  type Counter,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  Scope,
  SETTINGS,
} from '../../../core/index.js';
import { Libc, openNetns, Poller } from '../../libc/index.js';
import { DevctlModule } from '../index.js';
import { DeviceLists } from './device-lists.js';
import { UeventFeeder } from './feeder.js';
import { UeventSocket } from './socket.js';
import { readSysfs, sysfs } from './sysfs.js';
import { parseUevent } from './uevent.js';

const schema = v.optional(
  v.strictObject({
    /** The network namespace to work in: a name of `ip netns`, or a path. Default: the process's own. */
    netns: v.optional(v.string()),
    /** Bytes for uevents not yet read. A machine that starts makes thousands. */
    receiveBuffer: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4096)), 16 * 1024 * 1024),
  }),
  {},
);

/** The settings of the module `devctl-uevent`, as given: all of them have defaults. */
export type UeventSettings = v.InferInput<typeof schema>;

/**
 * Loaded, it feeds devctl with the kernel's uevents, and with the sysfs entry of each device that came, and invokes the
 * lists of devices: usb_dev_configured, register_framebuffer, power_profile_change … It needs no privilege.
 */
@Module({ name: 'devctl-uevent', depends: [DevctlModule], settings: schema })
export class UeventModule {
  readonly #feeder: UeventFeeder;
  readonly #overruns: Counter;
  readonly #foreign: Counter;
  /** Uevents were lost, and older ones may wait still. */
  #isBehind = false;

  constructor(
    @inject(DevctlModule) devctl: DevctlModule,
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Scope) private readonly scope: Scope,
    @inject(Log) private readonly log: Log,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof schema>,
  ) {
    this.#feeder = new UeventFeeder(devctl, scope, readSysfs);
    this.#overruns = scope.sysctl.counter(
      'hw.bus.devctl.uevent_overruns',
      'times the kernel reported faster than was read',
    );
    this.#foreign = scope.sysctl.counter(
      'hw.bus.devctl.uevent_foreign',
      'uevents refused because they did not come from the kernel',
    );
  }

  start(): void {
    const libc = Libc.load();
    using netns = openNetns(libc, this.settings.netns);
    const socket = this.scope.own(netns.run(() => new UeventSocket(libc, this.settings.receiveBuffer)));
    const lists = new DeviceLists(this.eventhandler, sysfs); // after the socket: what changes in between is reported
    this.scope.own(new Poller(libc, socket.fd, () => this.#read(socket, lists)));
  }

  /** One batch; the poller calls again while there is more. */
  #read(socket: UeventSocket, lists: DeviceLists): void {
    const { lost, foreign, drained } = socket.read((datagram) => {
      const event = parseUevent(datagram);
      if (event === undefined) return;
      this.#feeder.feed(event);
      lists.feed(event);
    });
    if (lost) {
      this.#overruns.add();
      this.log
        .limited('overrun')
        .warning(
          'the kernel reported devices faster than they were read, some records are missing: udevadm trigger',
        );
    }
    this.#isBehind ||= lost;
    if (this.#isBehind && drained) {
      this.#isBehind = false;
      lists.resync();
    }
    if (foreign > 0) {
      this.#foreign.add(foreign);
      this.log.limited('foreign').warning('uevents that the kernel did not send are ignored');
    }
  }
}
